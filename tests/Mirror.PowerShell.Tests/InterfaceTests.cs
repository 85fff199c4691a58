using System.Management.Automation;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Mirror.Core.Control;
using Mirror.Core.Operations;
using Mirror.Hosting.Settings;
using Mirror.PowerShell.Commands;

namespace Mirror.PowerShell.Tests;

/// <summary>Cmdlets, exports and help say the same, both ways; read from attributes as they stand in the assembly, without PowerShell.</summary>
public sealed partial class InterfaceTests
{
    private static readonly string Repository = Path.GetFullPath(Path.Combine(Here(), "../.."));
    private static readonly Type[] Cmdlets = [.. typeof(MirrorCmdlet).Assembly.GetExportedTypes().Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(MirrorCmdlet)))];

    public static TheoryData<string> Names => [.. Cmdlets.Select(Name)];

    [Fact]
    public void Every_cmdlet_is_exported_and_has_a_page_and_nothing_else_does()
    {
        string[] names = [.. Cmdlets.Select(Name).Order(StringComparer.Ordinal)];
        string manifest = File.ReadAllText(Path.Combine(Repository, "module/DiskMirror/DiskMirror.psd1"));
        string exports = manifest[manifest.IndexOf("CmdletsToExport", StringComparison.Ordinal)..];
        Assert.Equal(names, Quoted().Matches(exports[..exports.IndexOf(')', StringComparison.Ordinal)]).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.Equal(names, Directory.GetFiles(Path.Combine(Repository, "docs/cmdlets"), "*-*.md").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Help_has_each_parameter_with_its_type_aliases_and_places_and_real_examples(string name)
    {
        Type cmdlet = Cmdlets.Single(c => Name(c) == name);
        string page = File.ReadAllText(Path.Combine(Repository, $"docs/cmdlets/{name}.md"));
        PropertyInfo[] parameters = [.. cmdlet.GetProperties().Where(p => Attributes(p, nameof(ParameterAttribute)).Any())];
        Assert.Contains($"\ntitle: {name}\n", page);
        Assert.Contains("PlatyPS schema version: 2024-05-01", page);
        string[] documented = [.. Heading().Matches(page).Select(m => m.Groups[1].Value).Where(n => n is not ("WhatIf" or "Confirm")).Order(StringComparer.Ordinal)];
        Assert.Equal(parameters.Select(p => p.Name).Order(StringComparer.Ordinal), documented);
        bool asks = Attributes(cmdlet, nameof(CmdletAttribute)).Single().NamedArguments.Any(a => a is { MemberName: "SupportsShouldProcess", TypedValue.Value: true });
        Assert.Equal(asks, page.Contains("\n### -WhatIf\n", StringComparison.Ordinal));
        foreach (PropertyInfo parameter in parameters)
        {
            string section = page[page.IndexOf($"\n### -{parameter.Name}\n", StringComparison.Ordinal)..];
            section = section[..section.IndexOf("\n```\n", StringComparison.Ordinal)];
            string type = section[(section.IndexOf("Type: ", StringComparison.Ordinal) + 6)..].Split('\n')[0];
            Assert.Equal(Spell(parameter.PropertyType), type);
            bool required = Attributes(parameter, nameof(ParameterAttribute)).Any(a => a.NamedArguments.Any(n => n is { MemberName: "Mandatory", TypedValue.Value: true }));
            Assert.True(required == section.Contains("IsRequired: true", StringComparison.Ordinal), parameter.Name);
            bool piped = Attributes(parameter, nameof(ParameterAttribute)).Any(a => a.NamedArguments.Any(n => n is { MemberName: "ValueFromPipeline" or "ValueFromPipelineByPropertyName", TypedValue.Value: true }));
            Assert.True(piped == Piped().IsMatch(section), parameter.Name);
            foreach (CustomAttributeTypedArgument alias in Attributes(parameter, nameof(AliasAttribute)).SelectMany(a => (IReadOnlyCollection<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!))
                Assert.Contains($"\n- {alias.Value}\n", section);
        }
        string[] examples = [.. Example().Matches(page).Select(m => m.Groups[1].Value)];
        Assert.True(examples.Length >= 3, $"{name} has {examples.Length} examples");
        Assert.All(examples, e => Assert.DoesNotContain("{{", e));
        Assert.Contains(examples, e => e.Contains(name, StringComparison.Ordinal));
        // What is used must exist: parameters of our cmdlets in examples are parameters.
        foreach (Match use in Use().Matches(string.Join('\n', examples)))
        {
            Type? used = Cmdlets.SingleOrDefault(c => Name(c) == use.Groups[1].Value);
            Assert.True(used is not null, use.Value);
            foreach (Match given in Given().Matches(use.Groups[2].Value))
                Assert.True(used.GetProperty(given.Groups[1].Value) is not null || given.Groups[1].Value is "WhatIf" or "Confirm" or "Verbose" or "ErrorAction", $"{use.Value}: -{given.Groups[1].Value}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_cmdlet_that_changes_state_asks_and_what_cannot_be_undone_asks_loudly(string name)
    {
        CustomAttributeData attribute = Attributes(Cmdlets.Single(c => Name(c) == name), nameof(CmdletAttribute)).Single();
        Dictionary<string, object?> said = attribute.NamedArguments.ToDictionary(a => a.MemberName, a => a.TypedValue.Value);
        bool looks = name.Split('-')[0] is "Get" or "Test" or "Wait";
        // Test-MirrorVolume can also repair.
        Assert.Equal(!looks || name == "Test-MirrorVolume", said.ContainsKey("SupportsShouldProcess"));
        Assert.Equal(name is "Approve-MirrorDisk" or "Remove-MirrorSnapshot" or "Remove-MirrorVolume" or "Restore-MirrorDisk" or "Unregister-MirrorService", said.TryGetValue("ConfirmImpact", out object? impact) && (ConfirmImpact)impact! == ConfirmImpact.High);
    }

    [Fact]
    public void Every_setting_of_a_configuration_file_has_its_parameter()
    {
        foreach ((Type cmdlet, IEnumerable<SettingKey> keys) in ((Type, IEnumerable<SettingKey>)[])[(typeof(StartMirrorClientCommand), ClientSettings.Keys), (typeof(StartMirrorServerCommand), ServerSettings.Keys)])
            Assert.All(keys, k => Assert.NotNull(cmdlet.GetProperty(CmdletSettings.Face.Spell(k.Name)[1..])));
    }

    [Fact]
    public void A_live_status_has_all_that_a_status_has()
    {
        // The process id has another name: Pid is hard to guess.
        IEnumerable<string> fields = typeof(MirrorStatus).GetProperties().Where(p => p.GetMethod!.IsPublic && p.Name is not ("IsIdle" or "EqualityContract")).Select(p => p.Name == "Pid" ? "ProcessId" : p.Name);
        Assert.Empty(fields.Except(typeof(LiveStatus).GetProperties().Select(p => p.Name)));
    }

    [Fact]
    public void The_root_assembly_refers_only_to_what_is_always_there_and_to_our_own()
    {
        IEnumerable<string> foreign = typeof(MirrorCmdlet).Assembly.GetReferencedAssemblies().Select(r => r.Name!)
            .Where(n => !n.StartsWith("System.", StringComparison.Ordinal) && n is not ("netstandard" or "mscorlib") && !n.StartsWith("Mirror.", StringComparison.Ordinal));
        Assert.Empty(foreign);
        Assert.DoesNotContain(typeof(Loader.ModuleInitializer).Assembly.GetReferencedAssemblies(), r => r.Name!.StartsWith("Mirror.", StringComparison.Ordinal) || r.Name.StartsWith("Microsoft.Extensions", StringComparison.Ordinal));
    }

    [Fact]
    public void Error_ids_are_those_that_about_DiskMirror_lists()
    {
        string about = File.ReadAllText(Path.Combine(Repository, "module/DiskMirror/en-US/about_DiskMirror.help.txt"));
        string listed = about[about.IndexOf("ERRORS", StringComparison.Ordinal)..about.IndexOf("SEE ALSO", StringComparison.Ordinal)];
        string[] ids = [.. typeof(ErrorIds).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!).Order(StringComparer.Ordinal)];
        Assert.Equal(ids, Id().Matches(listed).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.All(typeof(ErrorIds).GetFields(BindingFlags.Public | BindingFlags.Static), f => Assert.Equal(f.Name, f.GetRawConstantValue()));
    }

    private static string Name(Type cmdlet)
    {
        IList<CustomAttributeTypedArgument> words = Attributes(cmdlet, nameof(CmdletAttribute)).Single().ConstructorArguments;
        return $"{words[0].Value}-{words[1].Value}";
    }

    // Not instances: the stand-in for PowerShell's assembly keeps no values in them.
    private static IEnumerable<CustomAttributeData> Attributes(MemberInfo member, string type) => member.GetCustomAttributesData().Where(a => a.AttributeType.Name == type);

    private static string Spell(Type type) => type.IsGenericType
        ? $"{type.GetGenericTypeDefinition().FullName}[{string.Join(',', type.GetGenericArguments().Select(Spell))}]"
        : type.FullName!;

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex(@"'([^']+)'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^### -(\w+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"ValueFromPipeline(ByPropertyName)?: true")]
    private static partial Regex Piped();

    [GeneratedRegex(@"### Example \d+: [^\n]+\n\n```powershell\n(.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"\b([A-Z][a-z]+-Mirror\w*)([^|;\n]*)")]
    private static partial Regex Use();

    [GeneratedRegex(@"(?<=\s)-([A-Z]\w+)")]
    private static partial Regex Given();

    [GeneratedRegex(@"^    ([A-Z]\w+)  +\S", RegexOptions.Multiline)]
    private static partial Regex Id();
}
