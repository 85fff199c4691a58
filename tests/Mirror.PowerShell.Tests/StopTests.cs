using System.Diagnostics;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;
using Mirror.Core.Control;
using Mirror.Dump.Encryption.Age;
using Mirror.PowerShell.Commands;

namespace Mirror.PowerShell.Tests;

/// <summary>Ctrl-C in the middle of what takes long: it ends, tells no error, and nothing that is half done has the name of something whole.</summary>
[Collection("environment")]
public sealed class StopTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task An_archive_that_is_being_written_is_given_up_with_its_index_and_is_noted_nowhere()
    {
        await using CmdletFixture fixture = new();
        Fill(fixture);
        File.WriteAllText(fixture.File("before"), "");
        InTheMiddle(() => new ExportMirrorDumpCommand { Source = fixture.File("image"), To = fixture.File("archive"), IndexPath = fixture.File("index"), Compress = "zlib:9", DumpDatesPath = fixture.File("dates") },
            c => c.Export(record: true, replace: false), () =>
            {
                foreach (string name in (string[])["archive", "index", "dates"]) File.Delete(fixture.File(name));
            });
        Assert.Equal(["before", "image"], Names(fixture));
    }

    [SkippableFact]
    public async Task Reading_an_archive_ends_and_decrypting_leaves_no_plain_one()
    {
        await using CmdletFixture fixture = new();
        using AgeIdentity identity = AgeIdentity.New();
        AgeKeyFiles.Write(fixture.File("key"), identity, DateTimeOffset.UnixEpoch);
        Fill(fixture);
        ExportMirrorDumpCommand export = new() { Source = fixture.File("image"), To = fixture.File("archive"), Recipient = [identity.Recipient.ToString()!], DumpDatesPath = fixture.File("dates") };
        Assert.Empty(CmdletFixture.Run(export, c => c.Export(record: false, replace: false)).Errors);
        string[] archive = [fixture.File("archive")], keys = [fixture.File("key")];
        InTheMiddle(() => new TestMirrorDumpCommand { Archive = archive, IdentityPath = keys }, c => c.Check(quiet: true), () => { });
        InTheMiddle(() => new UnprotectMirrorDumpCommand { Archive = archive, IdentityPath = keys, To = fixture.File("plain") }, c => c.Decrypt(replace: false), () => File.Delete(fixture.File("plain")));
        Assert.DoesNotContain(Names(fixture), n => n.StartsWith("plain", StringComparison.Ordinal));
        InTheMiddle(() => new RestoreMirrorDumpCommand { Archive = archive, IdentityPath = keys, To = fixture.File("back") }, c =>
        {
            c.Take();
            c.Restore(incremental: false, replace: false);
        }, () => Directory.Delete(fixture.File("back"), recursive: true));
    }

    [Fact]
    public async Task A_restore_that_waits_for_its_server_ends()
    {
        await using CmdletFixture fixture = new();
        CmdletFixture.Run(new NewMirrorSecretCommand { Path = fixture.File("master") }, c => c.Make(passThru: false));
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        using CancellationTokenSource end = new();
        Task<Socket> called = silent.AcceptSocketAsync(end.Token).AsTask();
        Stopped(new RestoreMirrorDiskCommand { Volume = "home", To = fixture.File("new"), Server = silent.LocalEndpoint.ToString(), SecretPath = fixture.File("master") },
            c => c.Restore(asItIs: false, force: true), () => called.IsCompleted);
        (await called).Dispose();
        Assert.False(File.Exists(fixture.File("new")));
    }

    [Fact]
    public async Task What_the_server_or_the_client_does_not_answer_is_not_waited_for()
    {
        await using CmdletFixture fixture = new();
        Task never = new TaskCompletionSource().Task;
        FakeVolume home = new("home", MirrorRole.Server) { SnapshotGate = never }, client = new("mail", MirrorRole.Client) { Gate = never };
        fixture.Serve(home);
        fixture.Serve(client);
        fixture.Fake("home").Idle.SetResult();
        Stopped(new NewMirrorSnapshotCommand { Volume = "home" }, c => c.Take(), () => home.Waiting == 1);
        Stopped(new MountMirrorSnapshotCommand { Volume = "home", Directory = fixture.File("mounted") }, c => c.Mount(), () => home.Waiting == 2);
        Stopped(new ExportMirrorDumpCommand { Source = "home", To = fixture.File("archive"), DumpDatesPath = fixture.File("dates") }, c => c.Export(record: true, replace: false), () => home.Waiting == 3);
        Stopped(new InvokeMirrorFreezeCommand { Volume = "home", Snapshot = "frozen" }, c => c.Freeze(), () => home.Waiting == 4);
        Stopped(new TestMirrorVolumeCommand { Volume = "mail" }, c => c.Verify(repair: false, quiet: false), () => client.Waiting == 1);
        // A verify is given up on its side too.
        Assert.True(SpinWait.SpinUntil(() => client.Waiting == 0, s_deadline));
        Assert.Empty(home.Names);
        Assert.DoesNotContain(Names(fixture), n => n is not ("run" or "mounted"));
    }

    /// <summary>Stops a cmdlet when it shows how far it is. A quick machine can have done it all by then: once more, until it was in the middle.</summary>
    private static void InTheMiddle<T>(Func<T> make, Action<T> work, Action undo) where T : MirrorCmdlet
    {
        for (int attempt = 0; attempt < 20; attempt++)
        {
            T cmdlet = make();
            FakePipeline output = new();
            output.OnWrite = () =>
            {
                if (output.Dones.Count > 0) Stop(cmdlet);
            };
            try
            {
                CmdletFixture.Run(cmdlet, work, output);
            }
            catch (PipelineStoppedException)
            {
                Assert.Empty(output.Errors);
                Assert.Empty(output.Objects);
                return;
            }
            undo();
        }
        Assert.Fail($"{typeof(T).Name} was stopped twenty times, and went on to its end.");
    }

    /// <summary>Stops a cmdlet from another thread, as a shell does, when something has come to pass.</summary>
    private static void Stopped<T>(T cmdlet, Action<T> work, Func<bool> when) where T : MirrorCmdlet
    {
        Task<bool> stop = Task.Run(() =>
        {
            bool came = SpinWait.SpinUntil(when, s_deadline);
            Stop(cmdlet);
            return came;
        });
        // On a thread of its own, so that a cmdlet that does not end fails the test instead of hanging it.
        Exception? ended = null;
        FakePipeline? output = null;
        Thread pipeline = new(() => ended = Record.Exception(() => CmdletFixture.Run(cmdlet, work, output = new FakePipeline()))) { IsBackground = true };
        pipeline.Start();
        Assert.True(pipeline.Join(s_deadline * 2), $"{typeof(T).Name} does not end.");
        Assert.True(stop.GetAwaiter().GetResult(), "It did not come so far.");
        Assert.True(ended is PipelineStoppedException, $"{typeof(T).Name}: {ended?.ToString() ?? string.Join(' ', output!.Errors)}");
        Assert.Empty(output!.Errors);
    }

    private static void Stop(MirrorCmdlet cmdlet) => typeof(MirrorCmdlet).GetMethod("StopProcessing", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(cmdlet, null);

    private static string[] Names(CmdletFixture fixture) => [.. Directory.GetFileSystemEntries(fixture.Root).Select(e => Path.GetFileName(e)).Where(n => n is not ("run" or "tree")).Order(StringComparer.Ordinal)];

    /// <summary>An image with 48 MiB that do not compress.</summary>
    private static void Fill(CmdletFixture fixture)
    {
        string? program = ((string[])["/usr/sbin/mke2fs", "/sbin/mke2fs"]).FirstOrDefault(File.Exists);
        Skip.If(program is null, "needs mke2fs, of e2fsprogs");
        Directory.CreateDirectory(fixture.File("tree"));
        for (int i = 0; i < 48; i++) File.WriteAllBytes(fixture.File($"tree/file{i}"), RandomNumberGenerator.GetBytes(1 << 20));
        using Process made = Process.Start(new ProcessStartInfo(program!, ["-q", "-t", "ext4", "-d", fixture.File("tree"), fixture.File("image"), "64M"]))!;
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }
}
