using System.Text.Json;
using Mirror.Core.Blocks;

namespace Mirror.Core.Store;

/// <summary>Reads and writes <c>volume.json</c>. What it does not understand it refuses: a guess could cost the only copy.</summary>
internal static class VolumeRecordFormat
{
    /// <summary>The most that a record may take, in bytes.</summary>
    public const int MostBytes = 64 << 10;

    /// <summary>The record as UTF-8 text.</summary>
    public static byte[] Format(VolumeRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, VolumeRecordJson.Default.VolumeRecord);

    /// <summary>Reads a record without a look at its values; null when it is none.</summary>
    public static VolumeRecord? TryParse(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, VolumeRecordJson.Default.VolumeRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads a record and checks every value.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="path">Its path, for the message.</param>
    /// <param name="volume">The volume it must belong to.</param>
    /// <exception cref="StoreUnusableException">It is damaged, of another version, or another volume's.</exception>
    public static VolumeRecord Parse(ReadOnlySpan<byte> text, string path, string volume)
    {
        VolumeRecord? record;
        try
        {
            record = JsonSerializer.Deserialize(text, VolumeRecordJson.Default.VolumeRecord);
        }
        catch (JsonException e)
        {
            throw Unusable(path, volume, $"it cannot be read ({e.Message})", e);
        }
        if (record is null) throw Unusable(path, volume, "it is empty", null);
        string? wrong =
            record.Version != VolumeRecord.CurrentVersion ? $"it has version {record.Version}, and this program knows version {VolumeRecord.CurrentVersion}" :
            record.Volume != volume ? $"it belongs to volume {record.Volume}" :
            record.Id == Guid.Empty || record.Incarnation == Guid.Empty ? "an id is missing" :
            record.HashKey.Length != 32 ? "the hash key is not 32 bytes long" :
            record.SizeBytes <= 0 || record.SizeBytes > Units.MaxDiskBytes || record.SizeBytes % Units.SectorBytes != 0 ? $"a size of {record.SizeBytes} bytes is impossible" :
            record.LogicalBlockBytes is < 512 or > 65536 || !System.Numerics.BitOperations.IsPow2(record.LogicalBlockBytes) ? $"a logical block of {record.LogicalBlockBytes} bytes is impossible" :
            record.Identity.Text.Length == 0 ? "the disk's identity is missing" :
            !Enum.IsDefined(record.Scan) ? $"scan {record.Scan} is unknown" :
            null;
        return wrong is null ? record : throw Unusable(path, volume, wrong, null);
    }

    private static StoreUnusableException Unusable(string path, string volume, string what, Exception? inner) => new(
        $"The record of volume {volume}, {path}, cannot be used: {what}. The image is left as it is; put the record back from a backup, or move the volume's directory away so that the volume begins anew.", inner);
}
