using System.Text;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Fuzz;

/// <content>Signatures in their other forms, public keys, logs, and amounts as text.</content>
internal static partial class Decoders
{
    private static readonly AbiEvent s_event = AbiEvent.Parse("event E(address indexed a, string indexed b, uint8 c, bytes d)");

    private static Decoder[] OfAccounts =>
    [
        new("wrapped signature", static seed => new WrappedSignature(new(seed.Bytes(20)), seed.Bytes(seed.Next(100)), seed.Bytes(seed.Next(100))).Encode(), Mutation.OfWords, Wrapped),
        new("log", Log, Mutation.OfWords, LogValues),
        new("compact signature", static seed => Samples.Key.Sign(new(seed.Bytes(32))).ToCompact(), Mutation.OfWords,
            static input => Purser.Ethereum.Signature.TryReadCompact(input, out var signature) ? signature.ToCompact() : null),
        new("public key", static seed => seed.Next(2) == 0 ? [0x04, .. Samples.Key.PublicKey] : [(byte)(2 + (Samples.Key.PublicKey[63] & 1)), .. Samples.Key.PublicKey[..32]], Mutation.Of, PublicKey),
    ];

    private static Decoder[] OfMoney =>
    [
        Value("asset", static seed => $"eip155:{seed.NextUInt64()}/erc20:{Hex.Encode(seed.Bytes(20))}", static text => AssetId.TryParse(text, out var value) ? value.ToString() : null),
        Value("amount", static seed => $"{seed.NextUInt64()} eip155:{seed.NextUInt64()}/slip44:60", static text => TokenAmount.TryParse(text, null, out var value) ? value.ToString() : null),
        new("decimal amount", static seed => Encoding.UTF8.GetBytes(DecimalText.Format(seed.NextUInt64(), 6)), Mutation.Of, static input =>
        {
            if (!DecimalText.TryParse(Encoding.UTF8.GetString(input), 6, out var units))
            {
                return null;
            }
            DecimalText.Parse(DecimalText.Format(units, 6), 6).ShouldBe(units);
            return input;
        }),
    ];

    // Any layout is taken; what it holds has one canonical form.
    private static byte[]? Wrapped(byte[] input)
    {
        if (!WrappedSignature.TryDecode(input, out var wrapped))
        {
            return null;
        }
        WrappedSignature.TryDecode(wrapped.Encode(), out var again).ShouldBeTrue();
        (again!.Factory, again.FactoryCalldata.Span.SequenceEqual(wrapped.FactoryCalldata.Span), again.Signature.Span.SequenceEqual(wrapped.Signature.Span)).ShouldBe((wrapped.Factory, true, true));
        return input;
    }

    private static byte[] Log(Seeded seed)
    {
        var (topics, data) = s_event.Encode(new Address(seed.Bytes(20)), "text", seed.Next(256), seed.Bytes(seed.Next(70)));
        return [.. topics.SelectMany(static t => t.ToArray()), .. data];
    }

    private static byte[]? LogValues(byte[] input) => Refused<AbiException>(() =>
    {
        const int topics = 3 * 32;
        if (input.Length < topics)
        {
            return null;
        }
        var log = new LogEntry(Address.Zero, [.. Enumerable.Range(0, 3).Select(i => new Hash32(input.AsSpan(32 * i, 32)))], input[topics..], 0, Hash32.Zero, 0);
        if (!s_event.TryDecode(log, out var values))
        {
            return null;
        }
        var (again, data) = s_event.Encode([.. values]);
        return [.. again.SelectMany(static t => t.ToArray()), .. data];
    });

    private static byte[]? PublicKey(byte[] input)
    {
        var key = new byte[Secp256k1.PublicKeySize];
        var managed = new byte[Secp256k1.PublicKeySize];
        var taken = Secp256k1.TryParsePublicKey(input, key);
        Secp256k1.Managed.TryParsePublicKey(input, managed).ShouldBe(taken);
        managed.ShouldBe(key);
        return !taken ? null : input.Length == 65 ? [0x04, .. key] : [(byte)(2 + (key[63] & 1)), .. key[..32]];
    }
}
