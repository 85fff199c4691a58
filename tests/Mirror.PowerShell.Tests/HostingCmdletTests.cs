using Mirror.Core.Control;
using Mirror.Core.Security;
using Mirror.Hosting;
using Mirror.PowerShell.Commands;

namespace Mirror.PowerShell.Tests;

[Collection("environment")]
public sealed class HostingCmdletTests
{
    private const int Mebi = 1 << 20;

    [Fact]
    public async Task A_secret_goes_to_a_new_file_of_its_owner_or_is_returned()
    {
        await using CmdletFixture fixture = new();
        string master = fixture.File("master");
        Assert.Empty(CmdletFixture.Run(new NewMirrorSecretCommand { Path = master }, c => c.Make(passThru: false), new FakePipeline { Answer = false }).Objects);
        Assert.False(File.Exists(master));
        Assert.Empty(CmdletFixture.Run(new NewMirrorSecretCommand { Path = master }, c => c.Make(passThru: false)).Objects);
        Assert.Equal(SecretKind.Master, SecretFile.Read(master).Kind);
        Assert.Equal(ErrorIds.InUse, Assert.Single(CmdletFixture.Run(new NewMirrorSecretCommand { Path = master }, c => c.Make(passThru: true)).Errors).Id);
        NewMirrorSecretCommand derive = new() { MasterPath = master, Volume = "home" };
        Secret derived = Secret.Parse((string)CmdletFixture.Run(derive, c => c.Make(passThru: false)).Objects[0]!);
        Assert.Equal(("home", MirrorRight.Mirror), (derived.Volume, derived.Right));
        derive = new NewMirrorSecretCommand { MasterPath = master, Volume = "../home" };
        Assert.Equal(ErrorIds.SettingInvalid, Assert.Single(CmdletFixture.Run(derive, c => c.Make(passThru: false)).Errors).Id);
        await File.WriteAllTextAsync(fixture.File("weak"), "dm1-master-00");
        File.SetUnixFileMode(fixture.File("weak"), UnixFileMode.UserRead);
        derive = new NewMirrorSecretCommand { MasterPath = fixture.File("weak"), Volume = "home" };
        Assert.Equal(ErrorIds.SecretUnusable, Assert.Single(CmdletFixture.Run(derive, c => c.Make(passThru: false)).Errors).Id);
    }

    [Fact]
    public async Task What_is_missing_is_named_as_a_parameter_with_the_ways_to_give_it()
    {
        await using CmdletFixture fixture = new();
        (string id, _, string message, bool terminating) = Assert.Single(CmdletFixture.Run(new StartMirrorClientCommand { Disk = "1" }, c => c.Start(wait: false)).Errors);
        Assert.Equal((ErrorIds.SettingMissing, true), (id, terminating));
        foreach (string part in (string[])["-Server is missing", "'server = ...'", "client.conf", "DISKMIRROR_SERVER"]) Assert.Contains(part, message);
        Environment.SetEnvironmentVariable("DISKMIRROR_SERVER", "backup");
        message = Assert.Single(CmdletFixture.Run(new StartMirrorClientCommand { Disk = "1" }, c => c.Start(wait: false)).Errors).Message;
        Assert.Contains("-SecretPath is missing", message);
        Assert.Contains("-Store is missing", Assert.Single(CmdletFixture.Run(new StartMirrorServerCommand(), c => c.Start(wait: false)).Errors).Message);
    }

    [SkippableFact]
    public async Task A_file_is_mirrored_with_its_settings_from_everywhere_and_its_events_come_in_order()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Direct reads are made for Linux.");
        await using CmdletFixture fixture = new();
        string disk = fixture.File("disk");
        await File.WriteAllBytesAsync(disk, new byte[3 * Mebi]);
        CmdletFixture.Run(new NewMirrorSecretCommand { Path = fixture.File("master") }, c => c.Make(passThru: false));
        CmdletFixture.Run(new NewMirrorSecretCommand { Path = fixture.File("home"), MasterPath = fixture.File("master"), Volume = "home" }, c => c.Make(passThru: false));
        StartMirrorServerCommand serve = new() { Store = fixture.File("store"), ListenAddress = "127.0.0.1", Port = 0, SecretPath = fixture.File("master"), Name = "mine" };
        FakePipeline output = CmdletFixture.Run(serve, c => c.Start(wait: false));
        HostedServer server = Assert.IsType<HostedServer>(Assert.Single(output.Objects));
        // The server from the environment, the rest from a file; the volume from the secret.
        Environment.SetEnvironmentVariable("DISKMIRROR_SERVER", server.EndPoint.ToString());
        Environment.SetEnvironmentVariable("DISKMIRROR_CONFIG", fixture.File("conf"));
        await File.WriteAllTextAsync(fixture.File("conf"), $"secret-file = {fixture.File("home")}\nstate-dir = {fixture.File("state")}\ntap = rescan-only\n");
        StartMirrorClientCommand start = new() { Disk = disk, LogPath = fixture.File("log") };
        Assert.Equal(["Mirror to " + server.EndPoint + ": disk " + disk], CmdletFixture.Run(start, c => c.Start(wait: false), new FakePipeline { Answer = false }).Asked);
        HostedClient client = Assert.IsType<HostedClient>(Assert.Single(CmdletFixture.Run(start, c => c.Start(wait: false)).Objects));
        List<MirrorEventArgs> happened = [];
        client.Happened += (_, e) =>
        {
            lock (happened) happened.Add(e);
            throw new InvalidOperationException("A subscriber that fails harms nobody.");
        };
        Assert.Equal("home", client.Volume);
        Assert.Equal([server, client], HostedMirror.Running);
        Assert.Empty(CmdletFixture.Run(new WaitMirrorCommand { Volume = "home", TimeoutSec = 60 }, c => c.Wait(idle: false, passThru: false)).Errors);
        Assert.Equal(ErrorIds.InUse, Assert.Single(CmdletFixture.Run(start, c => c.Start(wait: false)).Errors).Id);
        CmdletFixture.Run(new StopMirrorClientCommand { Volume = "home" }, c => c.Stop(keepTracking: false));
        await client.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        CmdletFixture.Run(new StopMirrorServerCommand { Name = "mine" }, c => c.End());
        await server.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(client.IsRunning || server.IsRunning);
        Assert.Empty(HostedMirror.Running);
        lock (happened)
        {
            Assert.Equal(MirrorEventKind.Stopped, happened[^1].Kind);
            Assert.Contains(happened, e => e.Kind == MirrorEventKind.State && e.Message == "home: CatchUp -> Live");
        }
        Assert.Contains("home: Scanning -> CatchUp", await File.ReadAllTextAsync(fixture.File("log")));
    }

    [SkippableFact]
    public async Task With_wait_a_client_stays_until_ctrl_C_and_tells_what_happens()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Direct reads are made for Linux.");
        await using CmdletFixture fixture = new();
        await File.WriteAllBytesAsync(fixture.File("disk"), new byte[Mebi]);
        CmdletFixture.Run(new NewMirrorSecretCommand { Path = fixture.File("master") }, c => c.Make(passThru: false));
        StartMirrorClientCommand start = new() { Disk = fixture.File("disk"), Server = "127.0.0.1", Port = 1, Volume = "home", SecretPath = fixture.File("master"), StateDirectory = fixture.File("state"), Tap = "rescan-only" };
        FakePipeline output = new();
        output.OnWrite = () =>
        {
            if (output.Lines.Any(l => l.StartsWith("warning: home: ", StringComparison.Ordinal))) typeof(MirrorCmdlet).GetMethod("StopProcessing", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.Invoke(start, null);
        };
        CmdletFixture.Run(start, c => c.Start(wait: true), output);
        Assert.Contains(output.Lines, l => l.StartsWith("warning: home: ", StringComparison.Ordinal));
        Assert.NotEmpty(output.Dones);
        Assert.Empty(HostedMirror.Running);
    }

    [Fact]
    public async Task A_service_is_written_below_a_root_refuses_what_it_could_not_see_and_goes_again()
    {
        await using CmdletFixture fixture = new();
        string root = fixture.File("root"), etc = $"/opt/dm-{Guid.NewGuid():N}";
        Directory.CreateDirectory(etc);
        try
        {
            CmdletFixture.Run(new NewMirrorSecretCommand { Path = etc + "/master" }, c => c.Make(passThru: false));
            CmdletFixture.Run(new NewMirrorSecretCommand { Path = fixture.File("hidden") }, c => c.Make(passThru: false));
            await File.WriteAllBytesAsync(etc + "/disk 1%", new byte[Mebi]);
            RegisterMirrorServiceCommand register = new() { Disk = etc + "/disk 1%", Server = "backup", Volume = ["home"], SecretPath = etc + "/master", Root = root, Setting = new() { ["limit"] = "50M", ["mark-interval"] = 2.5 } };
            Assert.Empty(CmdletFixture.Run(register, c => c.Register(start: false, force: false), new FakePipeline { Answer = false }).Objects);
            Assert.False(Directory.Exists(root));
            MirrorService made = Assert.IsType<MirrorService>(Assert.Single(CmdletFixture.Run(register, c => c.Register(start: false, force: false)).Objects));
            Assert.Equal("diskmirror-client@home.service", made.Unit);
            Assert.Equal($"# diskmirror-client@home.service\ndisk = {etc}/disk 1%\nserver = backup:7410\nvolume = home\nsecret-file = {etc}/master\nlimit = 50M\nmark-interval = 2.5\n", await File.ReadAllTextAsync(made.ConfigPath));
            Assert.Contains("\nExecStart=/usr/bin/diskmirror client --config /etc/diskmirror/client-home.conf\n", await File.ReadAllTextAsync(made.UnitPath));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(made.ConfigPath));
            Assert.Equal("../diskmirror-client@home.service", new FileInfo(root + "/etc/systemd/system/multi-user.target.wants/diskmirror-client@home.service").LinkTarget);
            Assert.Equal(ErrorIds.InUse, Assert.Single(CmdletFixture.Run(register, c => c.Register(start: false, force: false)).Errors).Id);
            Assert.Empty(CmdletFixture.Run(register, c => c.Register(start: false, force: true)).Errors);
            register.SecretPath = fixture.File("hidden");
            Assert.Contains("hidden from services", Assert.Single(CmdletFixture.Run(register, c => c.Register(start: false, force: true)).Errors).Message);
            register.Setting = new() { ["limmit"] = 1 };
            Assert.Equal(ErrorIds.SettingInvalid, Assert.Single(CmdletFixture.Run(register, c => c.Register(start: false, force: true)).Errors).Id);
            RegisterMirrorServiceCommand server = new() { Store = etc + "/a store", SecretPath = etc + "/master", Root = root, Program = "/opt/my program" };
            made = Assert.IsType<MirrorService>(Assert.Single(CmdletFixture.Run(server, c => c.Register(start: false, force: false)).Objects));
            string unit = await File.ReadAllTextAsync(made.UnitPath);
            Assert.Contains("\nExecStart=\"/opt/my program\" server --config /etc/diskmirror/server.conf\n", unit);
            Assert.Contains($"\nReadWritePaths=\"{etc}/a store\"\n", unit);
            Assert.Equal([MirrorRole.Client, MirrorRole.Server], ((MirrorRole[])[MirrorRole.Client, MirrorRole.Server]).Where(r => ServiceRegistry.Names(r, root).Count == 1));
            Assert.Empty(CmdletFixture.Run(new UnregisterMirrorServiceCommand { Name = "home", Root = root }, c => c.Unregister(keepTracking: false)).Errors);
            Assert.Equal(ErrorIds.NotRunning, Assert.Single(CmdletFixture.Run(new UnregisterMirrorServiceCommand { Name = "home", Root = root }, c => c.Unregister(keepTracking: false)).Errors).Id);
            Assert.Empty(CmdletFixture.Run(new UnregisterMirrorServiceCommand { Name = "server", Role = MirrorRole.Server, Root = root }, c => c.Unregister(keepTracking: false)).Errors);
            Assert.Empty(Directory.GetFiles(root, "*", SearchOption.AllDirectories));
        }
        finally
        {
            Directory.Delete(etc, recursive: true);
        }
    }

    [SkippableFact]
    public async Task Disks_are_listed_and_one_that_is_not_there_is_an_error()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The listing of disks is made for Linux.");
        await using CmdletFixture fixture = new();
        Assert.All(CmdletFixture.Run(new GetMirrorDiskCommand(), c => c.List()).Objects.Cast<MirrorDisk>(), d => Assert.True(d.CanTap || d.TapReason is not null));
        Assert.Equal(ErrorIds.DiskNotFound, Assert.Single(CmdletFixture.Run(new GetMirrorDiskCommand { Disk = "9999" }, c => c.List()).Errors).Id);
    }
}
