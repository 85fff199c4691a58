namespace Mirror.Hosting.Settings;

/// <summary>One setting of a client or server: its key in configuration files, of which each face makes its own spelling.</summary>
/// <param name="Name">The key: an option of the command line without its dashes.</param>
/// <param name="Repeatable">Whether it may be given more than once.</param>
/// <param name="Variable">The environment variable that gives it when nothing else does; null for none.</param>
public sealed record SettingKey(string Name, bool Repeatable = false, string? Variable = null);
