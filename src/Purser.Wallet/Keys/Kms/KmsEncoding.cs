using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using Purser.Ethereum;

namespace Purser.Wallet.Keys.Kms;

/// <summary>The two DER forms that key managers speak, read strictly: one encoding for one value, nothing behind it.</summary>
internal static class KmsEncoding
{
    private const int MaxPublicKeyBytes = 256;
    private const string PublicKeyAlgorithm = "1.2.840.10045.2.1";
    private const string Curve = "1.3.132.0.10";

    /// <summary>Reads ECDSA-Sig-Value: SEQUENCE { r INTEGER, s INTEGER }, both 1 to n - 1 and in their shortest form.</summary>
    /// <param name="der">At most 72 bytes are one.</param>
    /// <param name="r">r.</param>
    /// <param name="s">s, in whichever half.</param>
    /// <param name="why">What is wrong with it.</param>
    public static bool TryReadSignature(ReadOnlyMemory<byte> der, out UInt256 r, out UInt256 s, [NotNullWhen(false)] out string? why)
    {
        r = s = default;
        if (der.Length is < 8 or > 72)
        {
            why = $"{der.Length} bytes are no DER signature of this curve";
            return false;
        }

        try
        {
            var outer = new AsnReader(der, AsnEncodingRules.DER);
            var pair = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var (first, second) = (ReadScalar(pair, "r", out r), ReadScalar(pair, "s", out s));
            pair.ThrowIfNotEmpty();
            why = first ?? second;
            return why is null;
        }
        catch (AsnContentException)
        {
            why = "it is no strict DER of two numbers";
            return false;
        }
    }

    /// <summary>Reads a public key into the account that it is of: SubjectPublicKeyInfo of an EC key on secp256k1, or the point alone.</summary>
    public static bool TryReadPublicKey(ReadOnlyMemory<byte> key, out Address account, [NotNullWhen(false)] out string? why)
    {
        account = default;
        if (key.Length is 0 or > MaxPublicKeyBytes)
        {
            why = $"{key.Length} bytes are no public key of this curve";
            return false;
        }

        try
        {
            var point = key.Span[0] == 0x30 ? ReadSubjectPublicKey(key) : key;
            if (point is not { } encoded)
            {
                why = "it is no key on secp256k1";
                return false;
            }

            Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeySize];
            if (!Secp256k1.TryParsePublicKey(encoded.Span, publicKey))
            {
                why = "it is no point of secp256k1";
                return false;
            }

            account = Secp256k1.AddressOf(publicKey);
            why = null;
            return true;
        }
        catch (AsnContentException)
        {
            why = "it is no strict DER of a public key";
            return false;
        }
    }

    /// <summary>Writes r and s, 32 bytes each, as ECDSA-Sig-Value: for key managers that give them bare (RFC 7518, 3.4).</summary>
    public static byte[] WriteSignature(ReadOnlySpan<byte> r, ReadOnlySpan<byte> s)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            WriteUnsigned(writer, r);
            WriteUnsigned(writer, s);
        }

        return writer.Encode();
    }

    private static void WriteUnsigned(AsnWriter writer, ReadOnlySpan<byte> number)
    {
        var first = number.IndexOfAnyExcept((byte)0);
        writer.WriteIntegerUnsigned(first < 0 ? [0] : number[first..]);
    }

    private static string? ReadScalar(AsnReader reader, string name, out UInt256 value)
    {
        // DER's rules have the reader refuse padding; sign and size are judged here.
        var bytes = reader.ReadIntegerBytes().Span;
        value = default;
        if ((bytes[0] & 0x80) != 0)
        {
            return $"{name} is negative";
        }

        bytes = bytes[0] == 0 ? bytes[1..] : bytes;
        if (bytes.Length > 32)
        {
            return $"{name} is not below the group's order";
        }

        Span<byte> padded = stackalloc byte[32];
        padded.Clear();
        bytes.CopyTo(padded[(32 - bytes.Length)..]);
        value = new Hash32(padded).ToUInt256();
        return value.IsZero ? $"{name} is zero" : value >= Signature.Order ? $"{name} is not below the group's order" : null;
    }

    private static ReadOnlyMemory<byte>? ReadSubjectPublicKey(ReadOnlyMemory<byte> der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var info = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var algorithm = info.ReadSequence();
        var isOurs = algorithm.ReadObjectIdentifier() == PublicKeyAlgorithm && algorithm.ReadObjectIdentifier() == Curve;
        algorithm.ThrowIfNotEmpty();
        var point = info.ReadBitString(out var unused);
        info.ThrowIfNotEmpty();
        return isOurs && unused == 0 ? point : null;
    }
}
