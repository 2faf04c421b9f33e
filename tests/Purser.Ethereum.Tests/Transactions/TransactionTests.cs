namespace Purser.Ethereum.Tests.Transactions;

public sealed class TransactionTests
{
    private static readonly ChainId s_chain = new(84532);

    private static readonly Transaction1559 s_transfer = new()
    {
        ChainId = s_chain,
        Nonce = 3,
        MaxPriorityFeePerGas = 1_000_000,
        MaxFeePerGas = 2_000_000_000,
        GasLimit = 60_000,
        To = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        Value = 5,
        Data = new byte[] { 1, 2, 3 },
        AccessList = [new(Address.Zero, [Hash32.Zero, Hash32.FromUInt256(1)])],
    };

    [Fact]
    public void what_is_signed_decodes_to_the_same_with_its_sender()
    {
        using var key = Key();
        foreach (var transaction in Family())
        {
            var signed = transaction.Sign(key);
            signed.From.ShouldBe(key.Address);
            var decoded = SignedTransaction.Decode(signed.Raw.Span, s_chain);
            decoded.ShouldBe(signed);
            decoded.Transaction.ShouldBe(transaction);
            decoded.From.ShouldBe(key.Address);
            decoded.Signature.ShouldBe(signed.Signature);
            transaction.WithSignature(signed.Signature).ShouldBe(signed);
        }
    }

    [Fact]
    public void a_transaction_for_another_chain_is_refused_and_one_without_protection_is_not()
    {
        using var key = Key();
        foreach (var transaction in Family())
        {
            var taken = SignedTransaction.TryDecode(transaction.Sign(key).Raw.Span, new ChainId(1), out _, out var refusal);
            if (transaction.Chain is null)
            {
                taken.ShouldBeTrue();
            }
            else
            {
                refusal.ShouldBe(new TransactionRefusal.WrongChain(s_chain, new ChainId(1)));
                refusal!.Code.ShouldBe("wrong_chain");
            }
        }
    }

    [Fact]
    public void a_high_s_is_refused_though_it_recovers()
    {
        using var key = Key();
        var signed = s_transfer.Sign(key);
        var high = Signature.Order - signed.Signature.S.ToUInt256();
        var raw = signed.Raw.ToArray();
        // s is the last item; the upper half needs 32 bytes.
        signed.Signature.S.ToUInt256().ByteLength.ShouldBe(32);
        high.WriteBigEndian(raw.AsSpan(raw.Length - 32));
        SignedTransaction.TryDecode(raw, null, out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<TransactionRefusal.InvalidSignature>().Message.ShouldContain("EIP-2");
        Should.Throw<TransactionException>(() => SignedTransaction.Decode(raw)).Refusal.ShouldBe(refusal);
    }

    [Theory]
    [InlineData("", "malformed_transaction")]
    [InlineData("03c0", "malformed_transaction")]
    [InlineData("04c0", "malformed_transaction")]
    [InlineData("05c0", "unsupported_transaction_type")]
    [InlineData("7fc0", "unsupported_transaction_type")]
    [InlineData("80", "malformed_transaction")]
    [InlineData("02", "malformed_transaction")]
    [InlineData("02c0", "malformed_transaction")]
    [InlineData("0280", "malformed_transaction")]
    [InlineData("c0", "malformed_transaction")]
    [InlineData("f8", "malformed_transaction")]
    public void bytes_that_are_no_transaction_are_refused(string hex, string code)
    {
        SignedTransaction.TryDecode(Convert.FromHexString(hex), null, out _, out var refusal).ShouldBeFalse();
        refusal.Code.ShouldBe(code);
        refusal.Hint.ShouldNotBeEmpty();
    }

    [Fact]
    public void bytes_behind_a_transaction_and_oversized_ones_are_refused()
    {
        using var key = Key();
        byte[] trailing = [.. s_transfer.Sign(key).Raw.Span, 0];
        SignedTransaction.TryDecode(trailing, null, out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<TransactionRefusal.Malformed>().Reason.ShouldContain("too many");
        SignedTransaction.TryDecode(new byte[Transaction.MaxRawSize + 1], null, out _, out refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<TransactionRefusal.Malformed>().Reason.ShouldContain("more than");
    }

    [Fact]
    public void the_price_paid_is_the_base_fee_and_the_tip_within_the_cap()
    {
        s_transfer.EffectiveGasPrice(1_000_000_000).ShouldBe((UInt256)1_001_000_000);
        s_transfer.EffectiveGasPrice(1_999_999_999).ShouldBe((UInt256)2_000_000_000);
        Should.Throw<OverflowException>(() => s_transfer.EffectiveGasPrice(2_000_000_001));
        new LegacyTransaction { GasPrice = 9 }.EffectiveGasPrice(3).ShouldBe((UInt256)9);
    }

    [Fact]
    public void rules_that_need_no_state_are_named()
    {
        IntrinsicGas.Of(s_transfer).ShouldBe(21_000UL + (3 * 16) + 2_400 + (2 * 1_900));
        IntrinsicGas.Check(s_transfer).ShouldBeNull();
        IntrinsicGas.Check(s_transfer with { GasLimit = 27_247 }).ShouldBe(new TransactionRefusal.IntrinsicGasTooLow(27_248, 27_247));
        IntrinsicGas.Check(s_transfer with { Nonce = ulong.MaxValue }).ShouldBeOfType<TransactionRefusal.NonceTooLarge>();
        IntrinsicGas.Check(s_transfer with { MaxPriorityFeePerGas = UInt256.MaxValue }).ShouldBeOfType<TransactionRefusal.TipAboveFeeCap>();
        IntrinsicGas.Check(s_transfer with { MaxFeePerGas = UInt256.MaxValue }).ShouldBeOfType<TransactionRefusal.CostOverflow>();
        IntrinsicGas.Check(s_transfer with { To = null, Data = new byte[IntrinsicGas.MaxInitCodeSize + 1], GasLimit = 30_000_000 }).ShouldBeOfType<TransactionRefusal.InitCodeTooLarge>();
    }

    [Fact]
    public void a_signature_of_nobody_is_a_bug() => Should.Throw<ArgumentException>(() => s_transfer.WithSignature(default));

    private static Transaction[] Family() =>
    [
        s_transfer,
        s_transfer with { To = null, AccessList = [], Value = UInt256.MaxValue, Data = new byte[600] },
        new Transaction2930 { ChainId = s_chain, GasPrice = 7, GasLimit = 30_000, To = Address.Zero, AccessList = s_transfer.AccessList },
        new LegacyTransaction { ChainId = s_chain, Nonce = 1, GasPrice = 7, GasLimit = 21_000, To = Address.Zero },
        new LegacyTransaction { Nonce = ulong.MaxValue - 1, GasPrice = UInt256.MaxValue, GasLimit = ulong.MaxValue },
        BlobTransactionTests.Blobs,
        AuthorizationTests.Delegation,
    ];

    private static PrivateKey Key() => PrivateKey.FromBytes(Keccak256.Hash("a key of this test"u8).Bytes);
}
