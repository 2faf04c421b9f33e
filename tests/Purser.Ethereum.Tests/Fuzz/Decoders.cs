using System.Text;
using Purser.Ethereum.Tests.Rlp;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Fuzz;

/// <summary>Every decoder of the layer that reads what a stranger wrote; the answers of JSON-RPC have their own test beside their scripted node.</summary>
internal static partial class Decoders
{
    internal static IReadOnlyList<Decoder> All { get; } =
    [
        new("RLP", Samples.Rlp, static (seed, input) => Mutation.OfRlp(seed, input, 0), static input => Refused<RlpException>(() => RlpWalk.Write(RlpWalk.Read(input)))),
        .. Samples.Transactions.Select(static transaction => new Decoder($"transaction of type {transaction.Key}", seed => transaction.Value(seed).Sign(Samples.Key).Raw.ToArray(),
            (seed, input) => Mutation.OfRlp(seed, input, input[0] < 0xc0 ? 1 : 0), Transaction)),
        new("ABI", static _ => Samples.Abi(), Mutation.OfWords, static input => Refused<AbiException>(() => Samples.AbiTypes.Encode([.. Samples.AbiTypes.Decode(input)]))),
        new("ABI, any layout", static _ => Samples.Abi(), Mutation.OfWords, AnyLayout),
        new("ABI as JSON", static _ => Samples.AbiJson, Mutation.OfJson, static input => Refused<AbiException>(() => AbiContract.Parse(input) is null ? null : input)),
        new("ABI signature", static seed => seed.Pick(Samples.Signatures), Mutation.Of, Signature),
        new("revert data", static seed => seed.Pick(Samples.Reverts), Mutation.OfWords, Revert),
        new("typed data", static seed => seed.Pick(Samples.TypedData), Mutation.OfJson, TypedDocument),
        new("key store", static seed => seed.Pick(Samples.KeyStores), Mutation.OfJson, KeyStore),
        new("mnemonic", static _ => Encoding.UTF8.GetBytes(Samples.Mnemonic), Mutation.Of, Sentence),
        new("derivation path", static seed => Encoding.UTF8.GetBytes(seed.Pick(["m", "m/44'/60'/0'/0/0", "m/0/2147483647'"])), Mutation.Of, Path),
        new("hex", static seed => Encoding.UTF8.GetBytes(Hex.Encode(seed.Bytes(seed.Next(40)))), Mutation.Of, static input => Lower(input, Hex.TryDecode(Encoding.UTF8.GetString(input), out byte[] bytes), () => Hex.Encode(bytes))),
        new("UInt256, decimal", static seed => Encoding.UTF8.GetBytes(UInt256.FromBigEndian(seed.Bytes(seed.Between(1, 32))).ToString()), Mutation.Of, Number),
        new("UInt256, hex", static seed => Encoding.UTF8.GetBytes(UInt256.FromBigEndian(seed.Bytes(seed.Between(1, 32))).ToString("x", null)), Mutation.Of, Number),
        Value("address", static seed => Hex.Encode(seed.Bytes(20)), static text => Address.TryParse(text, out var value) ? value.ToString() : null),
        Value("hash", static seed => Hex.Encode(seed.Bytes(32)), static text => Hash32.TryParse(text, out var value) ? value.ToString() : null),
        Value("chain", static seed => $"eip155:{seed.NextUInt64()}", static text => ChainId.TryParse(text, out var value) ? value.ToString() : null),
        Value("signature as text", static seed => Samples.Key.Sign(new(seed.Bytes(32))).ToString(), static text => Purser.Ethereum.Signature.TryParse(text, null, out var value) ? value.ToString() : null),
        new("signature", static seed => Samples.Key.Sign(new(seed.Bytes(32))).ToArray(), Mutation.OfWords, static input => Purser.Ethereum.Signature.TryRead(input, out var signature) ? signature.ToArray() : null),
        .. OfAccounts,
        .. OfMoney,
    ];

    private static Decoder Value(string name, Func<Seeded, string> draw, Func<string, string?> parse) => new(name, seed => Encoding.UTF8.GetBytes(draw(seed)), Mutation.Of, input =>
    {
        var text = parse(Encoding.UTF8.GetString(input));
        return Lower(input, text is not null, () => text!);
    });

    // Only the decoder's own refusal is one; another exception goes through and fails the test.
    private static byte[]? Refused<T>(Func<byte[]?> decode)
        where T : FormatException
    {
        try
        {
            return decode();
        }
        catch (T refusal)
        {
            refusal.Message.ShouldNotBeEmpty();
            refusal.Message.Length.ShouldBeLessThan(1_000);
            return null;
        }
    }

    // Hex may come in capitals.
    private static byte[]? Lower(byte[] input, bool taken, Func<string> text)
    {
        if (!taken)
        {
            return null;
        }
        text().ToLowerInvariant().ShouldBe(Encoding.UTF8.GetString(input).ToLowerInvariant());
        return input;
    }

    private static byte[]? Transaction(byte[] input)
    {
        if (SignedTransaction.TryDecode(input, null, out var transaction, out var refusal))
        {
            return transaction.Transaction.WithSignature(transaction.Signature).Raw.ToArray();
        }
        refusal.Message.ShouldNotBeEmpty();
        refusal.Hint.ShouldNotBeEmpty();
        return null;
    }

    // Another layout may encode otherwise, but to something of the same meaning.
    private static byte[]? AnyLayout(byte[] input) => Refused<AbiException>(() =>
    {
        var canonical = Samples.AbiTypes.Encode([.. Samples.AbiTypes.Decode(input, AbiTolerance.Solidity)]);
        Samples.AbiTypes.Encode([.. Samples.AbiTypes.Decode(canonical)]).ShouldBe(canonical);
        return input;
    });

    private static byte[]? Signature(byte[] input) => Refused<AbiException>(() =>
    {
        var function = AbiFunction.Parse(Encoding.Latin1.GetString(input));
        AbiFunction.Parse(function.Signature).Signature.ShouldBe(function.Signature);
        return input;
    });

    private static byte[] Revert(byte[] input)
    {
        var line = RevertReason.Decode(input, Samples.Custom).ToString()!;
        line.Length.ShouldBeInRange(1, 400);
        line.ShouldNotContain('\n');
        return input;
    }

    private static byte[]? TypedDocument(byte[] input) => Refused<TypedDataException>(() =>
    {
        var document = TypedData.Parse(input);
        document.Hash().ShouldBe(Eip712.Digest(document.DomainSeparator, Keccak256.Hash(document.EncodedData.Span)));
        (document.EncodedData.Length % 32).ShouldBe(0);
        return input;
    });

    // A file that opens gives the key that was put in: its MAC covers the ciphertext and the password.
    private static byte[]? KeyStore(byte[] input)
    {
        if (!KeyStoreV3.TryDecrypt(input, "password", out var key, out var refusal, new(1 << 16, 1_000)))
        {
            refusal.Message.ShouldNotBeEmpty();
            return null;
        }
        using (key)
        {
            key.Address.ShouldBe(Samples.Key.Address);
        }
        return input;
    }

    // What has a right checksum has entropy, and that entropy has this sentence.
    private static byte[]? Sentence(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var entropy = new byte[Mnemonic.MaxEntropySize];
        if (!Mnemonic.TryToEntropy(text, entropy, out var size, out var refusal))
        {
            refusal.Message.ShouldNotBeEmpty();
            return null;
        }
        var sentence = new char[Mnemonic.MaxSentenceLength];
        return Encoding.UTF8.GetBytes(sentence, 0, Mnemonic.FromEntropy(entropy.AsSpan(0, size), sentence));
    }

    private static byte[]? Path(byte[] input)
    {
        if (!HdPath.TryParse(Encoding.UTF8.GetString(input), out var path))
        {
            return null;
        }
        HdPath.Parse(path.ToString()).Indexes.ToArray().ShouldBe(path.Indexes.ToArray());
        return input;
    }

    private static byte[]? Number(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (!UInt256.TryParse(text, out var number))
        {
            return null;
        }
        UInt256.Parse(number.ToString()).ShouldBe(number);
        (text.StartsWith("0x", StringComparison.Ordinal) ? text : number.ToString()).ShouldBe(text);
        return input;
    }
}
