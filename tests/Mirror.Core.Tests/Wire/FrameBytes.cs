using Mirror.Core.Wire;

namespace Mirror.Core.Tests.Wire;

/// <summary>Bytes as a test writes them down, and messages as bytes.</summary>
internal static class FrameBytes
{
    /// <summary>Bytes from hexadecimal digits; white space between them is for the reader.</summary>
    public static byte[] Hex(string digits) => Convert.FromHexString(string.Concat(digits.Where(c => !char.IsWhiteSpace(c))));

    /// <summary>A message as it goes onto the wire.</summary>
    public static byte[] Of<T>(T message) where T : struct, IMessage<T>
    {
        byte[] bytes = new byte[message.EncodedBytes];
        Assert.Equal(bytes.Length, message.Encode(bytes));
        return bytes;
    }

    /// <summary>Thirty-two bytes: <paramref name="first"/> and those after it.</summary>
    public static Bytes32 Run(byte first) => new(Enumerable.Range(first, 32).Select(i => (byte)i).ToArray());
}
