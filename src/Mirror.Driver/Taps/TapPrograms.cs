using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mirror.Driver.Interop;

namespace Mirror.Driver.Taps;

/// <summary>
/// The loaded maps and attached programs of one tap: loaded from the object now, or found pinned. Owns file descriptors only; while they or
/// the pins are there, the programs mark.
/// </summary>
internal sealed unsafe class TapPrograms : IDisposable
{
    private static readonly string[] MapPins = ["ring", "bits", "control", "state", "barrier"];
    private static readonly string[] RequestPrograms = ["rq_complete", "rq_issue", "rq_requeue"];
    private static readonly string[] BioPrograms = ["bio_complete", "bio_queue"];

    private readonly List<int> _descriptors = [];
    private nint _object;
    private readonly List<nint> _links = [];

    private TapPrograms(TapConfig config) => Config = config;

    /// <summary>What the programs were loaded with.</summary>
    public TapConfig Config { get; private set; }

    public int Ring { get; private set; }

    public int Bits { get; private set; }

    public int Control { get; private set; }

    public int State { get; private set; }

    public int Barrier { get; private set; }

    /// <summary>Kernel ids of the attached programs.</summary>
    public ulong[] ProgramIds { get; private set; } = [];

    /// <summary>Loads and attaches. The data program is tried first when <paramref name="config"/> asks for it.</summary>
    /// <exception cref="IOException">The kernel refused; the message ends with what its verifier said.</exception>
    public static TapPrograms Load(TapConfig config, string[] programs, long mapWords, Action<nint>? beforeAttach = null)
    {
        var loaded = new TapPrograms(config);
        try
        {
            loaded.LoadObject(programs, mapWords);
            beforeAttach?.Invoke(loaded.MapControl());
            loaded.Attach(programs);
            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>The names of the programs for a device.</summary>
    public static string[] Names(bool bioBased, bool data)
    {
        string suffix = data ? "_data" : "_mark";
        string[] names = [.. bioBased ? BioPrograms : RequestPrograms];
        names[0] += suffix;
        return names;
    }

    /// <summary>Takes what an earlier process pinned; null when something is missing or is not what that process attached.</summary>
    public static TapPrograms? FromPins(string directory, out string? reason)
    {
        var found = new TapPrograms(default);
        try
        {
            TapConfig config;
            int map = found.Keep(Libbpf.Get(Path.Combine(directory, "config")), "the pinned configuration");
            uint key = 0;
            uint valueSize = ValueSize(map);
            if (valueSize < sizeof(TapConfig)) throw new IOException("the pinned configuration is of another version");
            byte[] value = new byte[valueSize];
            fixed (byte* p = value) NativeError.Check(Libbpf.MapLookup(map, &key, p), "the pinned configuration");
            config = MemoryMarshal.Read<TapConfig>(value);
            if (config.Magic != TapConfig.TheMagic || config.Version != TapConfig.TheVersion) throw new IOException("the pinned programs are of another version");
            found.Config = config;
            int[] maps = [.. MapPins.Select(name => found.Keep(Libbpf.Get(Path.Combine(directory, name)), $"the pinned map {name}"))];
            found.TakeMaps(maps);
            string[] names = config.BioBased != 0 ? BioPrograms : RequestPrograms;
            found.ProgramIds = [.. names.Select(name => LinkedProgram(found.Keep(Libbpf.Get(Path.Combine(directory, name)), $"the pinned link {name}")))];
            reason = null;
            return found;
        }
        catch (IOException e)
        {
            reason = e.Message;
            found.Dispose();
            return null;
        }
    }

    /// <summary>Pins everything; the configuration last, so that what can be found is whole.</summary>
    public void PinTo(string directory)
    {
        Directory.CreateDirectory(directory);
        int[] maps = [Ring, Bits, Control, State, Barrier];
        for (int i = 0; i < maps.Length; i++) Pin(maps[i], Path.Combine(directory, MapPins[i]));
        string[] names = Config.BioBased != 0 ? BioPrograms : RequestPrograms;
        for (int i = 0; i < names.Length; i++) Pin(Libbpf.LinkDescriptor(_links[i]), Path.Combine(directory, names[i]));
        Pin(Libbpf.MapDescriptor(FindMap(".rodata")), Path.Combine(directory, "config"));
    }

    /// <summary>Removes pins; programs end when no process holds them either.</summary>
    public static void RemovePins(string directory)
    {
        if (!Directory.Exists(directory)) return;
        // Links first: bitmaps without marking programs must never be taken for whole.
        foreach (string name in (string[])["config", .. RequestPrograms, .. BioPrograms, .. MapPins]) File.Delete(Path.Combine(directory, name));
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>The control block, mapped for the life of the process unless unmapped by the caller.</summary>
    public nint MapControl()
    {
        nint address = Libc.Map(0, (nuint)Environment.SystemPageSize, Libc.ProtRead | Libc.ProtWrite, Libc.MapShared, Control, 0);
        return address != -1 ? address : throw NativeError.Last("The tap's control block could not be mapped");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint link in _links) _ = Libbpf.LinkDestroy(link);
        _links.Clear();
        if (_object != 0) Libbpf.ObjectClose(_object);
        _object = 0;
        foreach (int descriptor in _descriptors) _ = Libc.Close(descriptor);
        _descriptors.Clear();
    }

    private static void Pin(int descriptor, string path) => NativeError.Check(Libbpf.Pin(descriptor, path), $"{path} could not be pinned");

    private static uint ValueSize(int map)
    {
        // struct bpf_map_info: type, id, key_size, value_size.
        uint* info = stackalloc uint[64];
        new Span<uint>(info, 64).Clear();
        uint size = 64 * sizeof(uint);
        NativeError.Check(Libbpf.GetInfo(map, info, &size), "A pinned map");
        return info[3];
    }

    private static ulong LinkedProgram(int link)
    {
        // struct bpf_link_info: type, id, prog_id.
        uint* info = stackalloc uint[64];
        new Span<uint>(info, 64).Clear();
        uint size = 64 * sizeof(uint);
        NativeError.Check(Libbpf.GetInfo(link, info, &size), "A pinned link");
        return info[2];
    }

    private void LoadObject(string[] programs, long mapWords)
    {
        Libbpf.StartLog();
        try
        {
            _object = Libbpf.ObjectOpenFile(TapProbe.ObjectPath, 0);
            if (_object == 0) throw NativeError.Last($"{TapProbe.ObjectPath} could not be opened");
            foreach (string name in (string[])["rq_complete_mark", "rq_complete_data", "rq_issue", "rq_requeue", "bio_complete_mark", "bio_complete_data", "bio_queue", "calibrate"])
            {
                NativeError.Check(Libbpf.ProgramSetAutoload(FindProgram(name), programs.Contains(name)), name);
            }
            NativeError.Check(Libbpf.MapSetMaxEntries(FindMap("ring"), (uint)Config.RingBytes), "The ring's size");
            NativeError.Check(Libbpf.MapSetMaxEntries(FindMap("bits"), checked((uint)mapWords)), "The bitmaps' size");
            NativeError.Check(Libbpf.MapSetMaxEntries(FindMap("queued"), Config.BioBased != 0 ? QueuedBios : 1), "The size of the table of bios");
            nuint size;
            void* initial = Libbpf.MapInitialValue(FindMap(".rodata"), &size);
            if (initial is null || size < (nuint)sizeof(TapConfig)) throw new IOException("tap.bpf.o does not fit this program: its configuration has another size.");
            TapConfig config = Config;
            Unsafe.CopyBlock(initial, &config, (uint)sizeof(TapConfig));
            NativeError.Check(Libbpf.ObjectLoad(_object), "The kernel refused the tap's programs");
        }
        catch (IOException e)
        {
            string log = Libbpf.TakeLog();
            throw new IOException(log.Length == 0 ? e.Message : $"{e.Message}\n{log}", e);
        }
        Libbpf.TakeLog();
        TakeMaps([.. new[] { "ring", "bits", ".bss", "saved_state", "barrier" }.Select(name => Libbpf.MapDescriptor(FindMap(name)))]);
    }

    /// <summary>How many bios can be under way at once on a bio-based device before one is lost to the tap (a hole, not an error).</summary>
    public const uint QueuedBios = 65536;

    private void Attach(string[] programs)
    {
        Libbpf.StartLog();
        try
        {
            // The last one first: a write must not complete before its issue could be seen, where that can be had.
            var links = new nint[programs.Length];
            for (int i = programs.Length - 1; i >= 0; i--)
            {
                links[i] = Libbpf.ProgramAttach(FindProgram(programs[i]));
                if (links[i] == 0) throw NativeError.Last($"The tap's program {programs[i]} could not be attached");
                _links.Add(links[i]);
            }
            _links.Reverse();
            ProgramIds = [.. _links.Select(link => LinkedProgram(Libbpf.LinkDescriptor(link)))];
        }
        finally
        {
            Libbpf.TakeLog();
        }
    }

    private void TakeMaps(int[] maps) => (Ring, Bits, Control, State, Barrier) = (maps[0], maps[1], maps[2], maps[3], maps[4]);

    private nint FindMap(string name)
    {
        nint map = Libbpf.ObjectFindMap(_object, name);
        return map != 0 ? map : throw new IOException($"tap.bpf.o has no map {name}.");
    }

    private nint FindProgram(string name)
    {
        nint program = Libbpf.ObjectFindProgram(_object, name);
        return program != 0 ? program : throw new IOException($"tap.bpf.o has no program {name}.");
    }

    private int Keep(int descriptor, string what)
    {
        NativeError.Check(descriptor, what);
        _descriptors.Add(descriptor);
        return descriptor;
    }
}
