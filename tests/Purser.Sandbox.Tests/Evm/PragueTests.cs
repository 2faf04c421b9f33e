using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Evm;

/// <summary>EIP-2935, 7623, 7691 and 7702, by the EIPs' own numbers.</summary>
public sealed class PragueTests
{
    private static readonly PrivateKey s_authority = SandboxFixture.Alice;

    private static SignedAuthorization Authorize(Address target, ulong nonce = 0, ulong chainId = 1) => new Authorization(chainId, target, nonce).Sign(s_authority);

    private static EvmRun SetCode(string code, params SignedAuthorization[] authorizations)
    {
        var run = new EvmRun(Hardfork.Prague, code);
        run.Message = run.Message with { Type = 4, Authorizations = authorizations };
        return run;
    }

    private static string Designator(Address target) => "0xef0100" + target.ToString()[2..].ToLowerInvariant();

    [Theory]
    [InlineData("0x", 21000)]
    [InlineData("0x00", 21010)] // one token of 10 gas, where the ordinary price is 4
    [InlineData("0xff", 21040)] // four tokens, where it is 16
    [InlineData("0x00ff00ff", 21100)]
    public void calldata_has_a_floor_price(string data, ulong used)
    {
        var run = new EvmRun(Hardfork.Prague, "0x00");
        run.Message = run.Message with { Data = Hex.Decode(data) };
        run.Execute().GasUsed.ShouldBe(used);
        run.Message = run.Message with { GasLimit = used };
        run.Check().ShouldBeNull();
        run.Message = run.Message with { GasLimit = used - 1 };
        run.Check().ShouldBe(new TransactionRejection.IntrinsicGasTooLow(used - 1, used));
        run.Block = run.Block with { Rules = ForkRules.Cancun };
        run.Message = run.Message with { GasLimit = 30000 };
        run.Execute().GasUsed.ShouldBeLessThanOrEqualTo(used);
    }

    [Fact]
    public void work_above_the_floor_is_paid_as_before()
    {
        var run = new EvmRun(Hardfork.Prague, "0x60ff60005500"); // SSTORE
        run.Message = run.Message with { Data = new byte[4] };
        run.Execute().GasUsed.ShouldBe(21000UL + 16 + 6 + 22100);
    }

    [Fact]
    public void an_authorization_sets_the_designator_and_raises_the_nonce()
    {
        var run = SetCode("0x00", Authorize(EvmRun.Other));
        var result = run.Execute();
        result.GasUsed.ShouldBe(21000UL + 25000);
        var account = run.After.Find(s_authority.Address)!;
        account.Nonce.ShouldBe(1UL);
        Hex.Encode(account.Code.Bytes).ShouldBe(Designator(EvmRun.Other));
    }

    [Fact]
    public void an_account_that_exists_gets_half_the_price_back()
    {
        var run = SetCode("0x00", Authorize(EvmRun.Other)).With(s_authority.Address, AccountLeaf.Make(0, 1UL, [], []));
        var result = run.Execute();
        // A fifth of what was spent is the most: 46,000 / 5.
        result.GasUsed.ShouldBe(46000UL - 9200);
        result.GasSpent.ShouldBe(46000UL);
    }

    [Fact]
    public void the_zero_address_takes_the_delegation_back()
    {
        var run = SetCode("0x00", Authorize(Address.Zero, 5)).With(s_authority.Address, AccountLeaf.Make(5, 1UL, Hex.Decode(Designator(EvmRun.Other)), []));
        run.Execute();
        run.After.Find(s_authority.Address)!.Code.Length.ShouldBe(0);
        run.After.Find(s_authority.Address)!.Nonce.ShouldBe(6UL);
    }

    [Fact]
    public void authorizations_that_do_not_hold_are_skipped_and_paid()
    {
        var wrong = Authorize(EvmRun.Other);
        SignedAuthorization[] bad =
        [
            Authorize(EvmRun.Other, chainId: 2), Authorize(EvmRun.Other, nonce: 1), Authorize(EvmRun.Other, nonce: ulong.MaxValue),
            wrong with { S = UInt256.Parse("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141") - wrong.S, YParity = (byte)(1 - wrong.YParity) },
            wrong with { YParity = 2 }, wrong with { R = default },
        ];
        var run = SetCode("0x00", bad);
        run.Execute().GasUsed.ShouldBe(21000UL + (25000 * 6));
        run.After.Find(s_authority.Address).ShouldBeNull();
        SetCode("0x00", Authorize(EvmRun.Other, chainId: 0)).Execute().Succeeded.ShouldBeTrue();
    }

    [Fact]
    public void an_account_with_code_of_its_own_cannot_delegate()
    {
        var run = SetCode("0x00", Authorize(EvmRun.Other)).With(s_authority.Address, AccountLeaf.Make(0, 1UL, [0x00], []));
        run.Execute();
        Hex.Encode(run.After.Find(s_authority.Address)!.Code.Bytes).ShouldBe("0x00");
    }

    [Fact]
    public void a_delegation_stands_when_the_transaction_reverts()
    {
        var run = SetCode("0x5f5ffd", Authorize(EvmRun.Other));
        run.Execute().Halt.ShouldBe(Halt.Revert);
        run.After.Find(s_authority.Address)!.Nonce.ShouldBe(1UL);
    }

    [Fact]
    public void a_delegated_account_runs_the_code_on_its_own_storage()
    {
        // The code: SSTORE(0, 42). The contract calls the authority.
        var authority = s_authority.Address.ToString()[2..];
        var run = SetCode("0x5f5f5f5f5f73" + authority + "5af1", Authorize(EvmRun.Other)).With(EvmRun.Other, AccountLeaf.Make(1, default, Hex.Decode("0x602a5f55"), []));
        // CALL to the authority, which the authorization warmed, then the cold access to whose code it runs.
        run.Execute().GasUsed.ShouldBe(21000UL + 25000 + (5 * 2) + 3 + 2 + 100 + 2600 + (3 + 2 + 22100));
        run.Slot(s_authority.Address, UInt256.Zero).ShouldBe(42UL);
        run.After.Find(EvmRun.Other)!.HasStorage.ShouldBeFalse();
    }

    [Fact]
    public void the_designator_is_what_others_see_of_the_code()
    {
        // SSTORE(0, EXTCODESIZE(authority)), SSTORE(1, EXTCODEHASH(authority)).
        var authority = s_authority.Address.ToString()[2..];
        var run = SetCode($"0x73{authority}3b5f5573{authority}3f600155", Authorize(EvmRun.Other));
        run.Execute().Succeeded.ShouldBeTrue();
        run.Slot(EvmRun.Contract, UInt256.Zero).ShouldBe(23UL);
        run.Slot(EvmRun.Contract, UInt256.One).ShouldBe(Keccak256.Hash(Hex.Decode(Designator(EvmRun.Other))).ToUInt256());
    }

    [Fact]
    public void a_delegation_to_a_delegation_or_a_precompile_goes_one_step()
    {
        var chain = new EvmRun(Hardfork.Prague, Designator(EvmRun.Other)).With(EvmRun.Other, AccountLeaf.Make(1, default, Hex.Decode(Designator(EvmRun.Contract)), []));
        chain.Execute().Halt.ShouldBe(Halt.InvalidOpcode, "0xef is no instruction");
        var empty = new EvmRun(Hardfork.Prague, "0xef0100" + new string('0', 39) + "2");
        empty.Execute().GasUsed.ShouldBe(21000UL, "a precompiled contract has no code");
    }

    [Fact]
    public void a_delegated_account_can_still_send()
    {
        var run = new EvmRun(Hardfork.Prague, "0x00").With(EvmRun.Sender, AccountLeaf.Make(0, UInt256.Parse("1000000000000000000"), Hex.Decode(Designator(EvmRun.Other)), []));
        run.Check().ShouldBeNull();
        run.Block = run.Block with { Rules = ForkRules.Cancun };
        run.Check().ShouldBeOfType<TransactionRejection.SenderHasCode>();
    }

    [Fact]
    public void a_set_code_transaction_needs_a_callee_and_authorizations()
    {
        SetCode("0x00").Check().ShouldBeOfType<TransactionRejection.InvalidAuthorizations>();
        var run = SetCode("0x00", Authorize(EvmRun.Other));
        run.Message = run.Message with { To = null };
        run.Check().ShouldBeOfType<TransactionRejection.InvalidAuthorizations>();
    }

    [Fact]
    public async Task the_chain_takes_a_set_code_transaction_and_keeps_the_hashes_of_its_blocks()
    {
        using var sandbox = new SandboxFixture(new() { Hardfork = Hardfork.Prague });
        var target = sandbox.Deploy(SandboxFixture.Bob, Hex.Decode("0x602a5f55"));
        var authorization = new Authorization(sandbox.Chain.ChainId.Value, target, 0).Sign(SandboxFixture.Alice);
        var transaction = new Transaction7702
        {
            ChainId = sandbox.Chain.ChainId,
            Nonce = 1,
            MaxFeePerGas = SandboxFixture.Gwei * 10UL,
            MaxPriorityFeePerGas = SandboxFixture.Gwei,
            GasLimit = 200_000,
            To = SandboxFixture.Alice.Address,
            AuthorizationList = [authorization],
        };
        var hash = await sandbox.Chain.SendRawTransactionAsync(transaction.Sign(SandboxFixture.Bob).Raw, TestContext.Current.CancellationToken);
        (await sandbox.Chain.GetTransactionReceiptAsync(hash, TestContext.Current.CancellationToken))!.Succeeded.ShouldBeTrue();
        sandbox.Slot(SandboxFixture.Alice.Address, UInt256.Zero).ShouldBe(42UL);
        var parent = sandbox.Block(Purser.Ethereum.Rpc.BlockTag.At(1));
        var slot = sandbox.Slot(SystemCalls.BlockHashes, 1UL);
        slot.ShouldBe(parent.Hash.ToUInt256(), "EIP-2935: the hash of block n lies in slot n modulo 8191 from block n + 1 on");
    }

    [Fact]
    public void a_block_holds_nine_blobs_since_prague()
    {
        ForkRules.Of(Hardfork.Cancun).MaxBlobs.ShouldBe(6);
        ForkRules.Of(Hardfork.Prague).MaxBlobs.ShouldBe(9);
        BlobFee.For(0, 5007716).ShouldBe(1UL);
        BlobFee.For(10_000_000, 3338477).ShouldBeGreaterThan(BlobFee.For(10_000_000, 5007716));
    }
}
