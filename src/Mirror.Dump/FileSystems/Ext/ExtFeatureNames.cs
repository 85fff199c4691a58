namespace Mirror.Dump.FileSystems.Ext;

/// <summary>Names features for messages: those that have a name by it, others by their bit, as <c>dumpe2fs</c> does.</summary>
internal static class ExtFeatureNames
{
    /// <summary>The names of incompatible features.</summary>
    public static string Of(ExtIncompatible features) => Join((uint)features, "I", bit => Enum.GetName((ExtIncompatible)bit));

    /// <summary>The names of read-only compatible features.</summary>
    public static string Of(ExtReadOnlyCompatible features) => Join((uint)features, "R", bit => Enum.GetName((ExtReadOnlyCompatible)bit));

    private static string Join(uint features, string set, Func<uint, string?> name)
    {
        var names = new List<string>();
        for (int i = 0; i < 32; i++)
        {
            if ((features & (1u << i)) != 0) names.Add(name(1u << i) ?? $"FEATURE_{set}{i}");
        }
        return string.Join(", ", names);
    }
}
