using System.Diagnostics;
using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Dump.Archive;
using Mirror.Dump.Encryption.Age;
using Mirror.PowerShell.Commands;

namespace Mirror.PowerShell.Tests;

/// <summary>Archives by cmdlets: of an image that mke2fs fills from a directory, so without root.</summary>
[Collection("environment")]
public sealed class DumpCmdletTests
{
    [SkippableFact]
    public async Task An_archive_is_written_listed_tested_and_restored_and_WhatIf_does_nothing()
    {
        await using CmdletFixture fixture = new();
        ExportMirrorDumpCommand export = Export(fixture);
        FakePipeline no = new() { Answer = false };
        CmdletFixture.Run(export, c => c.Export(record: false, replace: false), no);
        Assert.Equal([$"Write an archive of {fixture.File("image")}: {fixture.File("archive")}"], no.Asked);
        Assert.False(File.Exists(fixture.File("archive")));
        FakePipeline output = CmdletFixture.Run(export, c => c.Export(record: false, replace: false));
        Assert.Empty(output.Errors);
        DumpResult written = Assert.IsType<DumpResult>(Assert.Single(output.Objects));
        Assert.Equal((fixture.File("archive"), 0), (written.Archive, written.Level));
        Assert.Equal(1, output.Dones[^1]);
        Assert.Equal(ErrorIds.InputOutput, Id(export, c => c.Export(record: false, replace: false)));

        Assert.Equal([true], CmdletFixture.Run(new TestMirrorDumpCommand { Archive = [written.Archive!] }, c => c.Check(quiet: true)).Objects);
        DumpItem[] found = [.. CmdletFixture.Run(new GetMirrorDumpItemCommand { Archive = [written.Archive!], Item = ["*.txt"] }, c => c.List()).Objects.Select(o => (DumpItem)o!)];
        Assert.Equal(["deep/er/b.txt", "a.txt"], found.Select(f => f.Path).OrderDescending(StringComparer.Ordinal));

        // What comes one by one through the pipeline is restored at once.
        RestoreMirrorDumpCommand restore = new() { To = fixture.File("back") };
        FakePipeline restored = new();
        foreach (DumpItem item in found)
        {
            (restore.Archive, restore.Item) = ([.. item.Archive], [item.Path]);
            CmdletFixture.Run(restore, c => c.Take(), restored);
        }
        CmdletFixture.Run(restore, c => c.Restore(incremental: false, replace: false), restored);
        Assert.Empty(restored.Errors);
        Assert.Equal(2, ((UndumpResult)Assert.Single(restored.Objects)!).Files);
        Assert.Equal("first", await File.ReadAllTextAsync(fixture.File("back/a.txt")));
        Assert.Equal([$"Restore 2 item(s) of {fixture.File("archive")}: {fixture.File("back")}"], restored.Asked);
        await File.WriteAllTextAsync(fixture.File("back/a.txt"), "other");
        UndumpResult compared = (UndumpResult)Assert.Single(CmdletFixture.Run(new TestMirrorDumpCommand { Archive = [written.Archive!], Directory = fixture.File("back"), Item = ["a.txt"] }, c => c.Check(quiet: false)).Objects)!;
        Assert.False(compared.IsGood);
        Assert.Contains(compared.Differences, d => d.Contains("a.txt", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_is_found_by_the_index_also_in_a_block_that_begins_with_directories(bool encrypted)
    {
        await using CmdletFixture fixture = new();
        using AgeIdentity identity = AgeIdentity.New();
        AgeKeyFiles.Write(fixture.File("key"), identity, DateTimeOffset.UnixEpoch);
        ExportMirrorDumpCommand export = Export(fixture);
        export.IndexPath = fixture.File("index");
        if (encrypted) (export.Recipient, export.Compress) = ([identity.Recipient.ToString()!], "zlib");
        CmdletFixture.Run(export, c => c.Export(record: false, replace: false));
        RestoreMirrorDumpCommand restore = new() { Archive = [fixture.File("archive")], To = fixture.File("back"), Item = ["a.txt", "deep/er/b.txt"], IndexPath = fixture.File("index"), IdentityPath = [fixture.File("key")] };
        FakePipeline output = CmdletFixture.Run(restore, c => c.Take());
        CmdletFixture.Run(restore, c => c.Restore(incremental: false, replace: false), output);
        Assert.Empty(output.Errors);
        Assert.Equal("first", await File.ReadAllTextAsync(fixture.File("back/a.txt")));
        Assert.Equal("second", await File.ReadAllTextAsync(fixture.File("back/deep/er/b.txt")));
    }

    [SkippableFact]
    public async Task An_encrypted_archive_opens_with_its_identity_only_and_is_decrypted()
    {
        await using CmdletFixture fixture = new();
        using AgeIdentity identity = AgeIdentity.New(), stranger = AgeIdentity.New();
        AgeKeyFiles.Write(fixture.File("key"), identity, DateTimeOffset.UnixEpoch);
        AgeKeyFiles.Write(fixture.File("other-key"), stranger, DateTimeOffset.UnixEpoch);
        ExportMirrorDumpCommand export = Export(fixture);
        export.Recipient = [identity.Recipient.ToString()!];
        export.Compress = "zlib";
        Assert.Empty(CmdletFixture.Run(export, c => c.Export(record: false, replace: false)).Errors);
        string[] archive = [fixture.File("archive")];
        Assert.Equal(ErrorIds.SecretUnusable, Id(new TestMirrorDumpCommand { Archive = archive, IdentityPath = [fixture.File("other-key")] }, c => c.Check(quiet: false)));
        Assert.Equal([true], CmdletFixture.Run(new TestMirrorDumpCommand { Archive = archive, IdentityPath = [fixture.File("key")] }, c => c.Check(quiet: true)).Objects);
        UnprotectMirrorDumpCommand decrypt = new() { Archive = archive, To = fixture.File("plain") };
        Assert.Equal(ErrorIds.SettingInvalid, Id(decrypt, c => c.Decrypt(replace: false)));
        decrypt.IdentityPath = [fixture.File("key")];
        Assert.Empty(CmdletFixture.Run(decrypt, c => c.Decrypt(replace: false), new FakePipeline { Answer = false }).Objects);
        FakePipeline output = CmdletFixture.Run(decrypt, c => c.Decrypt(replace: false));
        Assert.Equal(new FileInfo(fixture.File("plain")).Length, ((UnprotectResult)Assert.Single(output.Objects)!).WrittenBytes);
        // The plain one is the archive that would have been written without encryption.
        export.Recipient = null;
        export.To = fixture.File("never-encrypted");
        CmdletFixture.Run(export, c => c.Export(record: false, replace: false));
        Assert.Equal(await File.ReadAllBytesAsync(fixture.File("never-encrypted")), await File.ReadAllBytesAsync(fixture.File("plain")));
    }

    [SkippableFact]
    public async Task Damage_is_an_error_by_name_and_everything_else_is_restored()
    {
        await using CmdletFixture fixture = new();
        ExportMirrorDumpCommand export = Export(fixture);
        CmdletFixture.Run(export, c => c.Export(record: false, replace: false));
        byte[] bytes = await File.ReadAllBytesAsync(fixture.File("archive"));
        int at = bytes.AsSpan().IndexOf("first"u8);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(fixture.File("archive"), bytes);
        RestoreMirrorDumpCommand restore = new() { Archive = [fixture.File("archive")], To = fixture.File("back") };
        FakePipeline output = CmdletFixture.Run(restore, c => c.Take());
        CmdletFixture.Run(restore, c => c.Restore(incremental: false, replace: false), output);
        Assert.Contains(output.Errors, e => e.Id == ErrorIds.Incomplete && e.Category == ErrorCategory.InvalidData && e.Message.Contains("a.txt", StringComparison.Ordinal));
        Assert.Equal("second", await File.ReadAllTextAsync(fixture.File("back/deep/er/b.txt")));
        FakePipeline tested = CmdletFixture.Run(new TestMirrorDumpCommand { Archive = [fixture.File("archive")] }, c => c.Check(quiet: false));
        Assert.False(((UndumpResult)Assert.Single(tested.Objects)!).IsGood);
        // A test reports what it finds; finding it is no failure of the test.
        Assert.Empty(tested.Errors);
        await File.WriteAllBytesAsync(fixture.File("archive"), new byte[100_000]);
        Assert.Equal(ErrorIds.ArchiveUnusable, Id(new TestMirrorDumpCommand { Archive = [fixture.File("archive")] }, c => c.Check(quiet: false)));
    }

    [Fact]
    public async Task A_volume_is_archived_from_a_snapshot_that_does_not_stay()
    {
        await using CmdletFixture fixture = new();
        FakeVolume home = new("home", MirrorRole.Server);
        fixture.Serve(home);
        ExportMirrorDumpCommand export = new() { Source = "home", To = fixture.File("archive"), DumpDatesPath = fixture.File("dates") };
        // The fake's snapshots have no file.
        Assert.Equal(ErrorIds.InputOutput, Id(export, c => c.Export(record: false, replace: false)));
        Assert.Empty(home.Names);
        export.Snapshot = "missing";
        Assert.Equal(ErrorIds.SnapshotNotFound, Id(export, c => c.Export(record: false, replace: false)));
        (export.Source, export.Snapshot) = ("nothing", null);
        Assert.Equal(ErrorIds.NotRunning, Id(export, c => c.Export(record: false, replace: false)));
        export.Source = "no such/../file";
        Assert.Equal(ErrorIds.InputOutput, Id(export, c => c.Export(record: false, replace: false)));
        export.Source = "no name of a volume";
        Assert.Equal(ErrorIds.SettingInvalid, Id(export, c => c.Export(record: false, replace: false)));
        Assert.False(File.Exists(fixture.File("archive")));
        home.Failure = new MirrorControlException("It cannot.") { Failure = ControlFailure.CloneUnsupported };
        export.Source = "home";
        Assert.Equal(ErrorIds.CloneUnsupported, Id(export, c => c.Export(record: false, replace: false)));
    }

    private static ExportMirrorDumpCommand Export(CmdletFixture fixture)
    {
        string? program = ((string[])["/usr/sbin/mke2fs", "/sbin/mke2fs"]).FirstOrDefault(File.Exists);
        Skip.If(program is null, "needs mke2fs, of e2fsprogs");
        Directory.CreateDirectory(fixture.File("tree/deep/er"));
        File.WriteAllText(fixture.File("tree/a.txt"), "first");
        File.WriteAllText(fixture.File("tree/deep/er/b.txt"), "second");
        File.WriteAllBytes(fixture.File("tree/large"), new byte[100_000]);
        using Process made = Process.Start(new ProcessStartInfo(program!, ["-q", "-t", "ext4", "-d", fixture.File("tree"), fixture.File("image"), "8M"]))!;
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
        return new ExportMirrorDumpCommand { Source = fixture.File("image"), To = fixture.File("archive"), DumpDatesPath = fixture.File("dates") };
    }

    private static string Id<T>(T cmdlet, Action<T> work) where T : MirrorCmdlet => Assert.Single(CmdletFixture.Run(cmdlet, work).Errors).Id;
}
