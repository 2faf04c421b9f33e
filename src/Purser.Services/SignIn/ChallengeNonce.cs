using System.Buffers.Binary;
using System.Security.Cryptography;
using Purser.Ethereum;

namespace Purser.Services.SignIn;

/// <summary>
/// A challenge's nonce: 64 letters and digits for 40 bytes: 1 byte form, 16 random bytes, 5 bytes issuing time in Unix seconds, 1 byte each for origin and chain as
/// the options list them, 16 bytes of HMAC-SHA256 by a key of the store. The code covers the account and the settings from which the message was made, so that the
/// very same bytes can be made again at verification, by any replica and after a restart, without a row for each challenge that anybody asked for. A nonce of
/// another server, for another account, or of other settings is known as foreign before the store is asked.
/// </summary>
internal sealed class ChallengeNonce
{
    private const int Size = 40;
    private const int HeadSize = 24;
    private const byte Form = 1;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private readonly byte[] _bytes;

    private ChallengeNonce(byte[] bytes) => _bytes = bytes;

    /// <summary>The 16 random bytes, by which the store knows it.</summary>
    public byte[] Id => _bytes[1..17];

    /// <summary>When the challenge was made, Unix seconds.</summary>
    public long IssuedAt => ((long)_bytes[17] << 32) | BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(18));

    /// <summary>Which origin.</summary>
    public int Origin => _bytes[22];

    /// <summary>Which chain.</summary>
    public int Chain => _bytes[23];

    /// <summary>Makes one.</summary>
    /// <param name="random">16 random bytes.</param>
    /// <param name="issuedAt">Unix seconds, below 2^40.</param>
    /// <param name="origin">Which origin.</param>
    /// <param name="chain">Which chain.</param>
    /// <param name="account">Whose challenge it is.</param>
    /// <param name="settings">What else the message is made of, hashed.</param>
    /// <param name="key">The store's key.</param>
    public static ChallengeNonce Make(ReadOnlySpan<byte> random, long issuedAt, byte origin, byte chain, in Address account, ReadOnlySpan<byte> settings, byte[] key)
    {
        var bytes = new byte[Size];
        bytes[0] = Form;
        random.CopyTo(bytes.AsSpan(1, 16));
        bytes[17] = (byte)((issuedAt >> 32) & 0xff);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(18), (uint)(issuedAt & uint.MaxValue));
        (bytes[22], bytes[23]) = (origin, chain);
        Code(bytes, account, settings, key, bytes.AsSpan(HeadSize));
        return new(bytes);
    }

    /// <summary>Reads the one text form; that it is ours is known only after <see cref="IsFor"/>.</summary>
    public static ChallengeNonce? Read(string text)
    {
        if (text.Length != Size * 8 / 5)
        {
            return null;
        }

        var bytes = new byte[Size];
        var (bits, held, at) = (0u, 0, 0);
        foreach (var c in text)
        {
            var digit = c is >= 'a' and <= 'z' ? c - 'a' : c is >= '2' and <= '7' ? c - '2' + 26 : -1;
            if (digit < 0)
            {
                return null;
            }

            (bits, held) = (((bits << 5) | (uint)digit) & 0xfff, held + 5);
            if (held >= 8)
            {
                held -= 8;
                bytes[at++] = (byte)((bits >> held) & 0xff);
            }
        }

        return bytes[0] == Form ? new(bytes) : null;
    }

    /// <summary>Whether this store made it for this account with these settings.</summary>
    public bool IsFor(in Address account, ReadOnlySpan<byte> settings, byte[] key)
    {
        Span<byte> code = stackalloc byte[Size - HeadSize];
        Code(_bytes, account, settings, key, code);
        return CryptographicOperations.FixedTimeEquals(code, _bytes.AsSpan(HeadSize));
    }

    /// <summary>The text.</summary>
    public override string ToString() => string.Create(Size * 8 / 5, _bytes, static (text, bytes) =>
    {
        var (bits, held, at) = (0u, 0, 0);
        foreach (var b in bytes)
        {
            (bits, held) = (((bits << 8) | b) & 0xfff, held + 8);
            while (held >= 5)
            {
                held -= 5;
                text[at++] = Alphabet[(int)((bits >> held) & 31)];
            }
        }
    });

    private static void Code(ReadOnlySpan<byte> bytes, in Address account, ReadOnlySpan<byte> settings, byte[] key, Span<byte> code)
    {
        Span<byte> input = stackalloc byte[HeadSize + Address.Size + SHA256.HashSizeInBytes];
        bytes[..HeadSize].CopyTo(input);
        account.CopyTo(input[HeadSize..]);
        settings.CopyTo(input[(HeadSize + Address.Size)..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, input, hash);
        hash[..code.Length].CopyTo(code);
    }
}
