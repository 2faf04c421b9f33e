namespace Purser.Ethereum.Tests.Transactions;

public sealed class AuthorizationTests
{
    private static readonly Authorization s_authorization = new(84532, Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"), 4);

    internal static readonly Transaction7702 Delegation = new()
    {
        ChainId = new(84532),
        Nonce = 3,
        MaxPriorityFeePerGas = 1,
        MaxFeePerGas = 2_000_000_000,
        GasLimit = 160_000,
        To = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        Data = new byte[] { 1, 0, 3 },
        AccessList = [new(Address.Zero, [Hash32.Zero])],
        AuthorizationList = [new(s_authorization, 1, 5, 6), new(new(0, Address.Zero, ulong.MaxValue), 255, UInt256.MaxValue, UInt256.MaxValue)],
    };

    [Fact]
    public void an_authorization_is_signed_over_its_own_payload_and_recovers_to_its_signer()
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("an authority"u8).Bytes);
        // 0x05 ‖ rlp([84532, address, 4]), written out by hand.
        byte[] payload = [0x05, 0xda, 0x83, 0x01, 0x4a, 0x34, 0x94, .. s_authorization.Address.Bytes, 0x04];
        s_authorization.SigningHash.ShouldBe(Keccak256.Hash(payload));

        var signed = s_authorization.Sign(key);
        signed.TryRecoverAuthority(out var authority).ShouldBeTrue();
        authority.ShouldBe(key.Address);
        s_authorization.WithSignature(key.Sign(s_authorization.SigningHash)).TryRecoverAuthority(out authority).ShouldBeTrue();
        authority.ShouldBe(key.Address);
        Should.Throw<ArgumentException>(() => s_authorization.WithSignature(default));
    }

    [Fact]
    public void what_the_chain_would_skip_names_no_authority()
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("an authority"u8).Bytes);
        var signed = s_authorization.Sign(key);
        foreach (var hostile in new[]
        {
            signed with { YParity = 2 }, signed with { YParity = 27 }, signed with { YParity = 255 },
            signed with { S = Signature.Order - signed.S, YParity = (byte)(1 - signed.YParity) },
            signed with { R = 0 }, signed with { S = 0 }, signed with { R = Signature.Order }, signed with { R = UInt256.MaxValue },
        })
        {
            hostile.TryRecoverAuthority(out var authority).ShouldBeFalse(hostile.ToString());
            authority.ShouldBe(default);
        }
        // Another nonce is another statement: it recovers to somebody else, if to anybody.
        var moved = signed with { Authorization = s_authorization with { Nonce = 5 } };
        (moved.TryRecoverAuthority(out var other) && other == key.Address).ShouldBeFalse();
    }

    [Fact]
    public void tuples_with_a_signature_that_cannot_hold_are_decoded_as_they_stand()
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("a sender"u8).Bytes);
        var decoded = SignedTransaction.Decode(Delegation.Sign(key).Raw.Span).Transaction.ShouldBeOfType<Transaction7702>();
        decoded.AuthorizationList.ShouldBe(Delegation.AuthorizationList);
        IntrinsicGas.Check(decoded, Hardfork.Prague).ShouldBeNull();
        IntrinsicGas.Of(decoded, Hardfork.Prague).ShouldBe(21_000UL + 36 + 2_400 + 1_900 + 50_000);
        IntrinsicGas.Check(decoded).ShouldBe(new TransactionRefusal.NotInFork(4, false, Hardfork.Prague, Hardfork.Cancun));
    }

    [Fact]
    public void no_authorization_and_no_callee_are_refused_by_name()
    {
        BlobTransactionTests.Refused(Delegation with { AuthorizationList = [] }).ShouldBe(new TransactionRefusal.NoAuthorizations());
        BlobTransactionTests.Refused(Delegation with { To = null }).ShouldBe(new TransactionRefusal.NoCallee(4));
    }

    [Theory]
    [InlineData("820100")] // y parity of nine bits
    [InlineData("8100")] // not minimal
    [InlineData("00")] // a zero byte for zero
    [InlineData("c0")] // a list
    public void a_y_parity_that_is_no_canonical_byte_is_malformed(string parity)
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash("a sender"u8).Bytes);
        var raw = Convert.ToHexString((Delegation with { AuthorizationList = [new(s_authorization, 0x7b, 0x11, 0x22)] }).Sign(key).Raw.Span);
        // nonce 04, y parity 7b, r 11, s 22, as they stand in the tuple; the lengths around are kept by shortening the data.
        raw.ShouldContain("047B1122");
        var at = raw.IndexOf("047B1122", StringComparison.Ordinal) / 2;
        var bytes = Convert.FromHexString(raw);
        var writer = new RlpWriter([]);
        Rebuild(ref writer, bytes, at + 1, Convert.FromHexString(parity));
        SignedTransaction.TryDecode(writer.Written, null, out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<TransactionRefusal.Malformed>().Offset.ShouldBeGreaterThan(0);
        writer.Dispose();
    }

    [Fact]
    public void An_offset_counts_from_the_first_byte_of_the_raw_transaction_typed_or_not()
    {
        // A type byte, a list's header, and a chain id with a leading zero; the same in a legacy transaction without the type byte.
        SignedTransaction.TryDecode([0x02, 0xc2, 0x00, 0x00], null, out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<TransactionRefusal.Malformed>().Offset.ShouldBe(2);
        refusal.Message.ShouldContain("at byte 2");
        SignedTransaction.TryDecode([0xc2, 0x00, 0x00], null, out _, out refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<TransactionRefusal.Malformed>().Offset.ShouldBe(1);
    }

    [Fact]
    public void data_has_a_floor_from_prague_on()
    {
        var heavy = new Transaction1559 { ChainId = new(1), GasLimit = 60_999, To = Address.Zero, Data = Enumerable.Repeat((byte)1, 1000).ToArray() };
        IntrinsicGas.FloorOf(heavy).ShouldBe(61_000UL);
        IntrinsicGas.Check(heavy).ShouldBeNull();
        IntrinsicGas.Check(heavy, Hardfork.Prague).ShouldBe(new TransactionRefusal.IntrinsicGasTooLow(61_000, 60_999));
    }

    // The transaction again with one byte of the tuple replaced, all list headers made anew.
    private static void Rebuild(ref RlpWriter writer, byte[] raw, int at, byte[] replacement)
    {
        writer.WriteRaw([raw[0]]);
        var fields = new RlpReader(raw.AsSpan(1)).ReadList();
        var outer = writer.StartList();
        while (!fields.AtEnd)
        {
            var from = fields.Offset + 1;
            var item = fields.ReadRaw();
            if (from <= at && at < from + item.Length)
            {
                var tuple = new RlpReader(item).ReadList().ReadList();
                var (list, inner) = (writer.StartList(), writer.StartList());
                for (var i = 0; i < 6; i++)
                {
                    var part = tuple.ReadRaw();
                    writer.WriteRaw(i == 3 ? replacement : part);
                }
                writer.EndList(inner);
                writer.EndList(list);
            }
            else
            {
                writer.WriteRaw(item);
            }
        }
        writer.EndList(outer);
    }
}
