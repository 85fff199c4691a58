using Microsoft.Win32.SafeHandles;
using Mirror.Core.Boot;
using Mirror.Core.Disks;
using Mirror.Driver.Disks;

namespace Mirror.Driver.Drives;

/// <summary>Asks the drive under a disk or partition for its counters: NVMe by the SMART log, SATA by the device statistics. Nothing is changed on the drive.</summary>
public static unsafe class DriveWitness
{
    private const uint LimitMilliseconds = 5000;

    /// <summary>Asks.</summary>
    /// <param name="path">The disk or partition.</param>
    /// <returns>Null when it is no such drive, does not keep counters, or does not let them be read.</returns>
    public static DriveTestimony? Ask(string path)
    {
        try
        {
            DiskCatalog catalog = DiskCatalog.Read();
            HostDisk disk = catalog.Find(path);
            HostDisk? whole = disk.Parent is { } parent ? catalog.FindName(parent) : disk;
            if (whole is not { Serial: { Length: > 0 } serial }) return null;
            string drive = $"{whole.Model}; {serial}";
            using SafeFileHandle file = DiskNative.Open(whole.Path, DiskNative.O_NONBLOCK);
            if (file.IsInvalid) return null;
            byte[] page = new byte[512];
            if (whole.Name.StartsWith("nvme", StringComparison.Ordinal)) return ReadNvme(file, page) ? NvmeSmartLog.Parse(page, drive) : null;
            return whole.Name.StartsWith("sd", StringComparison.Ordinal) && ReadAta(file, page) ? AtaStatistics.Parse(page, drive) : null;
        }
        catch (Exception e) when (e is IOException or DiskNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool ReadNvme(SafeFileHandle file, byte[] page)
    {
        fixed (byte* data = page)
        {
            // Get Log Page, of the controller as a whole; number of dwords less one in the upper half.
            var command = new NvmeAdminCommand
            {
                Opcode = 0x02,
                Namespace = uint.MaxValue,
                Address = (ulong)data,
                DataLength = (uint)page.Length,
                Dword10 = NvmeSmartLog.Page | (((uint)page.Length / 4) - 1) << 16,
                TimeoutMilliseconds = LimitMilliseconds,
            };
            const nuint adminCommand = 0xC0484E41;      // _IOWR('N', 0x41, struct nvme_admin_cmd)
            return DiskNative.Ioctl(file, adminCommand, &command) == 0;
        }
    }

    private static bool ReadAta(SafeFileHandle file, byte[] page)
    {
        // READ LOG EXT by ATA PASS-THROUGH (16): PIO data in, 48 bits, one block from the device.
        byte* command = stackalloc byte[16];
        new Span<byte>(command, 16).Clear();
        command[0] = 0x85;
        command[1] = (4 << 1) | 1;
        command[2] = 0x0E;
        command[6] = 1;
        command[8] = AtaStatistics.Log;
        command[10] = AtaStatistics.Page;
        command[14] = 0x2F;
        byte* sense = stackalloc byte[32];
        fixed (byte* data = page)
        {
            var io = new ScsiGenericCommand
            {
                Interface = 'S',
                Direction = -3,     // SG_DXFER_FROM_DEV
                CommandLength = 16,
                SenseLength = 32,
                DataLength = (uint)page.Length,
                Data = data,
                Command = command,
                Sense = sense,
                TimeoutMilliseconds = LimitMilliseconds,
            };
            const nuint genericIo = 0x2285;             // SG_IO
            return DiskNative.Ioctl(file, genericIo, &io) == 0 && io is { Status: 0, HostStatus: 0, DriverStatus: 0, Residual: 0 };
        }
    }
}
