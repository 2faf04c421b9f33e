using System.Buffers.Binary;

namespace Purser.Ethereum;

/// <summary>
/// The EIP-55 texts of the addresses that were asked for last. A text costs a Keccak-256, and one request of a payment reads and writes the same few
/// addresses a dozen times. A fixed number of places, one for each of so many addresses: what shares a place displaces what was there.
/// </summary>
internal static class ChecksummedText
{
    private const int Places = 256;

    private static readonly Entry?[] s_entries = new Entry?[Places];

    /// <summary><c>0x</c> and 40 digits with the checksum.</summary>
    public static string Of(in Address address)
    {
        // An entry is never changed, and a reference is written whole: whoever reads sees one entry or another.
        ref var place = ref s_entries[BinaryPrimitives.ReadUInt32LittleEndian(address.Bytes[16..]) % Places];
        if (Volatile.Read(ref place) is { } known && known.Address == address)
        {
            return known.Text;
        }
        var made = new Entry(address, Make(address));
        Volatile.Write(ref place, made);
        return made.Text;
    }

    // EIP-55: a letter is upper case where the hash of the lower-case digits has a digit of 8 or more.
    private static string Make(in Address address)
    {
        Span<char> text = stackalloc char[42];
        Hex.Encode(address.Bytes, text);
        Span<byte> ascii = stackalloc byte[40];
        for (var i = 0; i < 40; i++)
        {
            ascii[i] = (byte)text[i + 2];
        }
        var hash = Keccak256.Hash(ascii);
        var digits = hash.Bytes;
        for (var i = 0; i < 40; i++)
        {
            var nibble = (digits[i / 2] >> (4 * (1 - (i & 1)))) & 15;
            if (nibble >= 8)
            {
                text[i + 2] = char.ToUpperInvariant(text[i + 2]);
            }
        }
        return new string(text);
    }

    private sealed record Entry(Address Address, string Text);
}
