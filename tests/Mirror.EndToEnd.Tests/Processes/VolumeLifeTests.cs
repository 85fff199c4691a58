using System.Text.Json;
using System.Text.RegularExpressions;
using Mirror.Core.Control;

namespace Mirror.EndToEnd.Tests.Processes;

/// <summary>The sections of docs/operations.md about the life of a volume, typed as they stand there.</summary>
[Collection(ProcessesAlone.Name)]
public sealed partial class VolumeLifeTests
{
    private const int Size = 48 << 20;

    [SkippableFact]
    public async Task Replace_the_disk_keeps_the_old_state_until_it_is_dismissed()
    {
        await using Place place = await Place.BeginAsync();
        ProcessRig rig = place.Rig;
        string before = Shell.Run("sha256sum", "-b", place.Disk.Path)[..64];
        using var blank = new LoopDisk(place.Directory, Size, "blank.img");
        string restored = Path.Combine(place.Directory, "old.img");
        var page = new Runbook(rig, "Replace the disk", ("replaced-2026-11-25T01-40-00Z", "?"), ("/var/tmp/old.img", restored));
        (await page.TypeAsync("stop home")).Expect(0);
        rig.Disk = blank.Path;
        rig.LaunchClient();
        await rig.WaitForAsync(s => s.Needs == "adopt", "refused as another disk");
        (await page.TypeAsync("status home")).Expect(0);
        (await page.TypeAsync("adopt home")).Expect(0);
        await rig.WaitForAsync(s => s.Needs == "adopt --replace", "asking whether to replace");
        (await page.TypeAsync("adopt home --replace")).Expect(0);
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();

        string kept = Kept().Match((await page.TypeAsync("snapshot list home")).Expect(0).Output).Value;
        Assert.NotEmpty(kept);
        var named = new Runbook(rig, "Replace the disk", ("replaced-2026-11-25T01-40-00Z", kept), ("/var/tmp/old.img", restored));
        (await named.TypeAsync("restore home --server backup.example.net:7410 --secret-file /etc/diskmirror/master.secret --snapshot replaced-2026-11-25T01-40-00Z --to /var/tmp/old.img")).Expect(0);
        Assert.Equal(before, Shell.Run("sha256sum", "-b", restored)[..64]);
        (await named.TypeAsync("snapshot remove home replaced-2026-11-25T01-40-00Z")).Expect(0);
        using JsonDocument left = JsonDocument.Parse((await rig.CommandAsync("snapshot", "list", rig.Volume, "--json")).Expect(0).Output);
        Assert.Equal(0, left.RootElement.GetProperty("snapshots").GetArrayLength());
        page.AssertAllTyped([.. named.Typed]);
    }

    [SkippableFact]
    public async Task Rename_move_and_delete_as_the_pages_say()
    {
        await using Place place = await Place.BeginAsync();
        ProcessRig rig = place.Rig;
        string mail = $"{rig.Volume}-mail", secret = Path.Combine(place.Directory, "mail.secret");
        rig.AlsoOwn(mail);
        (await rig.CommandAsync("snapshot", "new", rig.Volume, "--name", "before")).Expect(0);
        var rename = new Runbook(rig, "Rename a volume", ("mail", mail), ("mail.secret", secret));
        Assert.Contains("diskmirror stop", (await rename.TypeAsync("volume rename home mail")).Expect(1).Error, StringComparison.Ordinal);
        (await rename.TypeAsync("stop home")).Expect(0);
        (await rename.TypeAsync("volume rename home mail")).Expect(0);
        (await rename.TypeAsync("secret derive --secret-file /etc/diskmirror/master.secret --volume mail --right mirror --out mail.secret")).Expect(0);
        rename.AssertAllTyped();
        rig.LaunchClient();
        await rig.WaitForAsync(s => s.LastError?.Contains($"it is called {mail} now", StringComparison.Ordinal) == true, "told the new name");
        rig.Client!.Kill();
        (await rig.CommandAsync("stop", rig.Volume)).Expect(0);
        rig.Volume = mail;
        rig.SecretFile = secret;
        rig.LaunchClient();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        MirrorStatus status = (await rig.ClientStatusAsync())!;
        Assert.True(status.SentBytes < 1 << 20, $"{status.SentBytes} bytes were sent after a rename");
        Assert.Contains("before", (await rig.CommandAsync("snapshot", "list", rig.Volume)).Expect(0).Output, StringComparison.Ordinal);

        // To another store, whose server runs beside.
        string large = Path.Combine(place.Directory, "large");
        string listen = ProcessRig.FreeEndPoint();
        using var other = new RunningProgram(DiskmirrorProgram.StartInfo(rig.RunDirectory, [], ["server", "--store", large, "--listen", listen, "--secret-file", rig.MasterFile]));
        await Waiting.UntilAsync(() => other.Log.Contains("Listening on", StringComparison.Ordinal), () => $"listens: {other.Log}", TimeSpan.FromSeconds(30));
        var move = new Runbook(rig, "Move a volume to another store");
        (await move.TypeAsync("stop home")).Expect(0);
        string from = (await move.TypeAsync("volume release home")).Expect(0).Output.Trim();
        Shell.Run("cp", "-a", "--sparse=always", from, large);
        (await move.TypeAsync("volume take home --server large")).Expect(0);
        move.AssertAllTyped();
        rig.ServerAddress = listen;
        rig.LaunchClient();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.Store = large;
        rig.AssertIdentical();
        status = (await rig.ClientStatusAsync())!;
        Assert.True(status.SentBytes < 1 << 20, $"{status.SentBytes} bytes were sent after a move");

        var delete = new Runbook(rig, "Delete a volume");
        Assert.Contains("diskmirror stop", (await delete.TypeAsync("volume delete home --min-age 0m --yes")).Expect(1).Error, StringComparison.Ordinal);
        (await rig.CommandAsync("stop", rig.Volume)).Expect(0);
        Assert.Contains("--yes", (await delete.TypeAsync("volume delete home")).Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("--min-age 0m", (await rig.CommandAsync("volume", "delete", rig.Volume, "--yes")).Expect(1).Error, StringComparison.Ordinal);
        rig.AssertIdentical();
        (await delete.TypeAsync("volume delete home --min-age 0m --yes")).Expect(0);
        Assert.False(Directory.Exists(Path.Combine(large, rig.Volume)));
        rig.LaunchClient();
        await rig.WaitForAsync(s => s.LastError?.Contains("it was deleted", StringComparison.Ordinal) == true, "told that it was deleted");
        Assert.Contains("Several servers", (await delete.TypeAsync("volume take home")).Expect(1).Error, StringComparison.Ordinal);
        (await rig.CommandAsync("volume", "take", rig.Volume, "--server", large)).Expect(0);
        (await rig.CommandAsync("stop", rig.Volume)).Expect(0);
        rig.LaunchClient();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        delete.AssertAllTyped();
    }

    [SkippableFact]
    public async Task Seed_and_change_secrets_as_the_pages_say()
    {
        await using Place place = await Place.BeginAsync(start: false);
        ProcessRig rig = place.Rig;
        await rig.MakeSecretsAsync();
        await rig.StartServerAsync();
        string image = Path.Combine(place.Directory, "home.img");
        Shell.Run("dd", $"if={place.Disk.Path}", $"of={image}", "bs=1M", "conv=sparse", "status=none");
        var seed = new Runbook(rig, "Seed a volume from an image on a disk", ("/media/usb/home.img", image));
        (await seed.TypeAsync("volume seed home --from /media/usb/home.img")).Expect(0);
        seed.AssertAllTyped();
        // A little was written since.
        Shell.Script($"head -c 100K /dev/urandom | dd of={place.Disk.Path} bs=4K seek=100 oflag=direct iflag=fullblock status=none");
        rig.LaunchClient();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        rig.AssertIdentical();
        MirrorStatus status = (await rig.ClientStatusAsync())!;
        Assert.InRange(status.SentBytes, 100 << 10, 1 << 20);
        Assert.Contains("has begun already", (await seed.TypeAsync("volume seed home --from /media/usb/home.img")).Expect(1).Error, StringComparison.Ordinal);

        string fresh = Path.Combine(place.Directory, "master-new.secret"), home = Path.Combine(place.Directory, "home.secret");
        var secrets = new Runbook(rig, "Change secrets", ("/etc/diskmirror/master-new.secret", fresh), ("home.secret", home));
        (await secrets.TypeAsync("secret new --out /etc/diskmirror/master-new.secret")).Expect(0);
        rig.Server!.Signal("TERM");
        await rig.Server.ExitAsync(TimeSpan.FromSeconds(30));
        await rig.StartServerAsync("--secret-file", fresh, "--former-secret-file", rig.MasterFile);
        await Waiting.UntilAsync(async () => (await rig.ServerStatusAsync())?.FormerSecret == true, () => "the client is back with its former secret", TimeSpan.FromMinutes(1));
        (await secrets.TypeAsync("secret derive --secret-file /etc/diskmirror/master-new.secret --volume home --right mirror --out home.secret")).Expect(0);
        (await rig.CommandAsync("stop", rig.Volume, "--keep-tracking")).Expect(0);
        rig.SecretFile = home;
        rig.LaunchClient();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        Assert.Contains("\"formerSecret\": false", (await secrets.TypeAsync("status home --json")).Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await rig.ClientStatusAsync())!.Scans);
        secrets.AssertAllTyped();
        rig.Server.Signal("TERM");
        await rig.Server.ExitAsync(TimeSpan.FromSeconds(30));
        string master = rig.MasterFile;
        await rig.StartServerAsync("--secret-file", fresh);
        CommandResult old = (await rig.CommandAsync("restore", rig.Volume, "--server", rig.Listen, "--secret-file", master, "--to", Path.Combine(place.Directory, "no"))).Expect(1);
        Assert.Contains("did not accept the secret", old.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Before_the_store_is_full_check_says_so()
    {
        await using Place place = await Place.BeginAsync(start: false);
        ProcessRig rig = place.Rig;
        await rig.MakeSecretsAsync();
        await rig.StartServerAsync("--space-warning", "99", "--space-critical", "1");
        rig.LaunchClient();
        await rig.WaitIdleAsync(TimeSpan.FromMinutes(1));
        await Waiting.UntilAsync(async () => (await rig.ServerStatusAsync())?.StoreSpace == SpaceLevel.Low, () => "short of room", TimeSpan.FromMinutes(1));
        Assert.Contains("room in the store becomes short", (await rig.CommandAsync("check", rig.Volume)).Expect(1).Output, StringComparison.Ordinal);
        await Waiting.UntilAsync(() => rig.Server!.Log.Contains("room in the store is Low", StringComparison.Ordinal), () => "the log says so", TimeSpan.FromSeconds(30));
        (await rig.CommandAsync("snapshot", "new", rig.Volume, "--name", "before-upgrade")).Expect(0);
        var page = new Runbook(rig, "Before the store is full");
        (await page.TypeAsync("snapshot list home")).Expect(0);
        (await page.TypeAsync("snapshot remove home before-upgrade")).Expect(0);
        page.AssertAllTyped();
    }

    [SkippableFact]
    public async Task A_freeze_gives_a_snapshot_at_rest_and_is_undone_by_time_and_when_its_process_is_killed()
    {
        Requirements.NeedFileSystem("ext4");
        Requirements.Need("fsfreeze", "setsid", "timeout", "dumpe2fs");
        await using Place place = await Place.BeginAsync(start: false);
        ProcessRig rig = place.Rig;
        Shell.Run("mkfs.ext4", "-q", "-F", place.Disk.Path);
        string mount = place.Disk.Mount(Path.Combine(place.Directory, "mnt"));
        try
        {
            await rig.StartAsync();
            Shell.Script($"cp -a /etc {mount}/ 2> /dev/null || true");
            string log = Path.Combine(place.Directory, "log");
            var page = new Runbook(rig, "A snapshot of a file system or database at rest", ("/srv/data", mount),
                ("runuser -u postgres -- psql -c CHECKPOINT", $"echo before >> {log}"), ("logger thawed", $"echo after >> {log}"),
                ("ssh backup.example.net diskmirror snapshot new home --name nightly", $"DISKMIRROR_RUN={rig.RunDirectory} {DiskmirrorProgram.Path} snapshot new {rig.Volume} --name from-there && echo command >> {log}"));
            (await page.TypeAsync("freeze home --at /srv/data --limit 30 --snapshot nightly")).Expect(0);
            (await page.TypeAsync("freeze home --at /srv/data --before 'runuser -u postgres -- psql -c CHECKPOINT' --run 'ssh backup.example.net diskmirror snapshot new home --name nightly' --after 'logger thawed'")).Expect(0);
            page.AssertAllTyped();
            Assert.Equal(["before", "command", "after"], File.ReadAllLines(log));
            await WritableAsync();
            foreach (string name in (string[])["nightly", "from-there"])
            {
                string image = Path.Combine(rig.Store, rig.Volume, "snapshots", name);
                // Nothing for the journal to do, though it was mounted.
                Assert.DoesNotContain("needs_recovery", Shell.Run("dumpe2fs", "-h", image), StringComparison.Ordinal);
                Shell.Run("e2fsck", "-fn", image);
            }

            // Time is over.
            CommandResult late = (await rig.CommandAsync("freeze", rig.Volume, "--at", mount, "--limit", "2", "--run", "sleep 100")).Expect(1);
            Assert.Contains("diskmirror: ", late.Error, StringComparison.Ordinal);
            await WritableAsync();

            // Killed while it is frozen.
            string frozen = Path.Combine(place.Directory, "frozen");
            using var killed = new RunningProgram(DiskmirrorProgram.StartInfo(rig.RunDirectory, [], ["freeze", rig.Volume, "--at", mount, "--limit", "300", "--run", $"touch {frozen}; exec sleep 5"]));
            await Waiting.UntilAsync(() => File.Exists(frozen), () => $"frozen: {killed.Log}", TimeSpan.FromSeconds(60));
            Assert.Throws<InvalidOperationException>(() => Shell.Run("fsfreeze", "--freeze", mount));
            killed.Kill();
            await WritableAsync();
        }
        finally
        {
            Shell.TryRun("fsfreeze", "--unfreeze", mount);
        }

        async Task WritableAsync() => await Task.Run(() => File.WriteAllText(Path.Combine(mount, "x"), "x")).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [GeneratedRegex(@"replaced-\S+Z")]
    private static partial Regex Kept();

    /// <summary>A store on XFS with a volume that is Live, and its disk half full.</summary>
    private sealed class Place : IAsyncDisposable
    {
        private readonly TempDirectory _directory = new(memory: true);
        private LoopDisk? _storage;

        public string Directory => _directory.Path;

        public LoopDisk Disk { get; private set; } = null!;

        public ProcessRig Rig { get; private set; } = null!;

        public static async Task<Place> BeginAsync(bool start = true)
        {
            Requirements.NeedFileSystem("xfs");
            var place = new Place();
            try
            {
                place._storage = new LoopDisk(place.Directory, 400 << 20, "storage.img");
                Shell.Script($"mkfs.xfs -q -m reflink=1 {place._storage.Path}");
                string store = Path.Combine(place._storage.Mount(Path.Combine(place.Directory, "storage")), "store");
                place.Disk = new LoopDisk(place.Directory, Size);
                Requirements.NeedTap(place.Disk.Path);
                Shell.Script($"head -c {Size / 2} /dev/urandom | dd of={place.Disk.Path} bs=1M oflag=direct iflag=fullblock status=none");
                place.Rig = new ProcessRig(place.Disk.Path, place.Directory) { Store = store };
                if (start) await place.Rig.StartAsync();
                return place;
            }
            catch
            {
                await place.DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (Rig is not null) await Rig.DisposeAsync();
            Disk?.Dispose();
            _storage?.Dispose();
            _directory.Dispose();
        }
    }
}
