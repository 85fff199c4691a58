using Mirror.Core.Blocks;
using Mirror.Core.Store;
using Mirror.Core.Wire;

namespace Mirror.Core.Server;

/// <summary>Whether a client's disk may be mirrored to a volume that belongs to a disk already (docs/protocol.md section 4).</summary>
internal static class IdentityRule
{
    /// <summary>The client's disk as the record keeps it.</summary>
    public static VolumeIdentity Of(in IdentifyMessage m) => new() { Text = m.Identity, Machine = m.Machine, Client = m.Client, Host = m.HostName };

    /// <summary>Compares and decides.</summary>
    /// <exception cref="RefusalException">WrongDisk or SizeChanged, with the way out.</exception>
    public static IdentityVerdict Judge(VolumeRecord record, in IdentifyMessage m)
    {
        VolumeIdentity disk = Of(m);
        bool replace = record.ReplaceApproved || (m.Flags & IdentifyFlags.AdoptAndReplace) != 0;
        bool adopt = replace || record.AdoptApproved || (m.Flags & IdentifyFlags.Adopt) != 0;
        bool same = record.Identity.IsSame(disk);
        long size = m.SizeSectors << Units.SectorShift;
        if (!same && !adopt)
        {
            string what = record.Identity.Text != disk.Text ? $"it belongs to the disk \"{record.Identity}\", and this is \"{disk}\"" :
                record.Identity.Machine != disk.Machine ? $"it belongs to \"{record.Identity}\", and this is a disk of the same name in another machine, \"{disk}\"" :
                $"it belongs to \"{record.Identity}\", and this client, though its disk has the same name, is not the one that mirrored it before";
            throw new RefusalException(RefusalCode.WrongDisk,
                $"Volume {record.Volume}: {what}. Nothing was changed. If this disk is to take its place: diskmirror adopt {record.Volume}; else give the disk a volume of its own.", RetrySeconds);
        }
        if (size != record.SizeBytes && !replace && !(same && size > record.SizeBytes))
        {
            throw new RefusalException(RefusalCode.SizeChanged,
                $"Volume {record.Volume}: the image has {record.SizeBytes} bytes and the disk {size}. Nothing was changed. If the disk is the right one: diskmirror adopt {record.Volume} --replace; else give it a volume of its own.", RetrySeconds);
        }
        return !same || size < record.SizeBytes ? IdentityVerdict.Adopted : size > record.SizeBytes ? IdentityVerdict.Grown : IdentityVerdict.Same;
    }

    private const int RetrySeconds = 60;
}
