using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Mirror.Driver.Interop;

/// <summary>What is used of libbpf 1.x (<c>libbpf.so.1</c>). Failures are negative numbers or null, with errno set.</summary>
internal static unsafe partial class Libbpf
{
    private const string Library = "libbpf.so.1";

    [ThreadStatic]
    private static StringBuilder? t_log;

    [LibraryImport(Library, EntryPoint = "bpf_object__open_file", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ObjectOpenFile(string path, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_object__load", SetLastError = true)]
    public static partial int ObjectLoad(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    public static partial void ObjectClose(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__find_map_by_name", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ObjectFindMap(nint bpfObject, string name);

    [LibraryImport(Library, EntryPoint = "bpf_object__find_program_by_name", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ObjectFindProgram(nint bpfObject, string name);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_autoload", SetLastError = true)]
    public static partial int ProgramSetAutoload(nint program, [MarshalAs(UnmanagedType.U1)] bool load);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach", SetLastError = true)]
    public static partial nint ProgramAttach(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_link__fd")]
    public static partial int LinkDescriptor(nint link);

    [LibraryImport(Library, EntryPoint = "bpf_link__destroy", SetLastError = true)]
    public static partial int LinkDestroy(nint link);

    [LibraryImport(Library, EntryPoint = "bpf_map__fd")]
    public static partial int MapDescriptor(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__set_max_entries", SetLastError = true)]
    public static partial int MapSetMaxEntries(nint map, uint entries);

    [LibraryImport(Library, EntryPoint = "bpf_map__initial_value", SetLastError = true)]
    public static partial void* MapInitialValue(nint map, nuint* size);

    [LibraryImport(Library, EntryPoint = "bpf_map_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MapCreate(int type, string? name, uint keySize, uint valueSize, uint entries, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_map_update_elem", SetLastError = true)]
    public static partial int MapUpdate(int map, void* key, void* value, ulong flags);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_elem", SetLastError = true)]
    public static partial int MapLookup(int map, void* key, void* value);

    [LibraryImport(Library, EntryPoint = "bpf_obj_pin", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Pin(int descriptor, string path);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Get(string path);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get_info_by_fd", SetLastError = true)]
    public static partial int GetInfo(int descriptor, void* info, uint* size);

    [LibraryImport(Library, EntryPoint = "libbpf_set_print")]
    private static partial nint SetPrint(delegate* unmanaged[Cdecl]<int, byte*, void*, int> print);

    /// <summary>Begins to keep what libbpf says on this thread, instead of letting it write to stderr.</summary>
    public static void StartLog()
    {
        SetPrint(&Print);
        t_log = new StringBuilder();
    }

    /// <summary>What libbpf said on this thread since <see cref="StartLog"/>; the last lines, which hold the cause.</summary>
    public static string TakeLog()
    {
        string text = t_log?.ToString().Trim() ?? "";
        t_log = null;
        const int most = 6000;
        return text.Length > most ? "..." + text[^most..] : text;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Print(int level, byte* format, void* arguments)
    {
        const int debug = 2;
        if (level >= debug || t_log is null) return 0;
        const int size = 1 << 16;
        byte* buffer = (byte*)NativeMemory.Alloc(size);
        int length = Libc.Format(buffer, size, format, arguments);
        if (length > 0) t_log.Append(Encoding.UTF8.GetString(buffer, Math.Min(length, size - 1)));
        NativeMemory.Free(buffer);
        return 0;
    }
}
