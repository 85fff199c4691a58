using System.CommandLine;

namespace Mirror.Cli.Tests;

/// <summary>The tree of commands, of which a call builds only what it needs.</summary>
public sealed class CommandTreeTests
{
    [Fact]
    public void Every_command_is_found_by_the_name_that_it_has_and_built_alone()
    {
        string[] names = [.. CommandLine.Commands.Select(c => c.Name)];
        Assert.Equal(names, CommandLine.Build(null).Subcommands.Select(c => c.Name));
        foreach (string name in names) Assert.Equal([name], CommandLine.Build(name).Subcommands.Select(c => c.Name));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("[suggest]")]
    [InlineData("stauts")]
    public void What_is_no_command_finds_all_of_them(string first)
    {
        RootCommand root = CommandLine.Build(first);
        Assert.Equal(CommandLine.Commands.Length, root.Subcommands.Count);
    }
}
