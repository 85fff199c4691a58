using System.Globalization;
using System.Text;

namespace Mirror.Core.Disks;

/// <summary>Finds the disk that an administrator named, among those of one listing.</summary>
public static class DiskSelector
{
    /// <summary>Takes a number of the listing (<c>1</c>), a kernel name (<c>sda</c>) or a device path (<c>/dev/sda</c>).</summary>
    /// <exception cref="DiskNotFoundException">Nothing of that name; the message lists the candidates.</exception>
    public static HostDisk Find(IReadOnlyList<HostDisk> disks, string text)
    {
        string wanted = text.Trim();
        if (wanted.Length == 0) throw new DiskNotFoundException("No disk was named. " + Candidates(disks));
        if (int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return disks.FirstOrDefault(disk => disk.Number == number)
                ?? throw new DiskNotFoundException($"There is no disk number {number}. {Candidates(disks)}");
        }
        return disks.FirstOrDefault(disk => disk.Path == wanted || disk.Name == wanted)
            ?? throw new DiskNotFoundException($"There is no disk '{wanted}'. {Candidates(disks)}");
    }

    /// <summary>One sentence that lists what can be named.</summary>
    public static string Candidates(IReadOnlyList<HostDisk> disks)
    {
        const int most = 24;
        if (disks.Count == 0) return "This host shows no disks.";
        var text = new StringBuilder("Disks of this host: ");
        for (int i = 0; i < disks.Count && i < most; i++)
        {
            if (i > 0) text.Append(", ");
            if (disks[i].Number is { } number) text.Append(number).Append(" = ");
            text.Append(disks[i].Path);
        }
        if (disks.Count > most) text.Append(CultureInfo.InvariantCulture, $" and {disks.Count - most} more ('diskmirror disks' lists all)");
        return text.Append('.').ToString();
    }
}
