using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Tests.Chain;

/// <summary>What every genesis has, and contracts at addresses that are handed in.</summary>
public sealed class GenesisContractTests
{
    // SLOAD(0) as the answer: PUSH0 SLOAD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    private static readonly byte[] s_reader = Hex.Decode("0x5f545f5260205ff3");

    // Stores ADDRESS in slot 0, CHAINID in slot 1, then returns the reader's 8 bytes, which follow it at 17:
    // ADDRESS PUSH0 SSTORE CHAINID PUSH1 1 SSTORE PUSH1 8 PUSH1 17 PUSH0 CODECOPY PUSH1 8 PUSH0 RETURN
    private static readonly byte[] s_creation = [.. Hex.Decode("0x305f5546600155600860115f3960085ff3"), .. s_reader];

    [Fact]
    public void multicall_answers_at_its_known_address()
    {
        using var sandbox = new SandboxFixture();
        var answer = sandbox.Call(new() { To = WellKnownContracts.Multicall3, Data = Hex.Decode("0x3408e470") }).ShouldBeOfType<CallResult.Returned>();
        UInt256.FromBigEndian(answer.Data).ShouldBe((UInt256)31337UL, "getChainId()");
        var time = sandbox.Call(new() { To = WellKnownContracts.Multicall3, Data = Hex.Decode("0x0f28c97d") }).ShouldBeOfType<CallResult.Returned>();
        UInt256.FromBigEndian(time.Data).ShouldBe((UInt256)sandbox.Clock.UnixSeconds, "getCurrentBlockTimestamp()");
    }

    [Fact]
    public void permit2_has_the_domain_of_its_known_address_on_this_chain()
    {
        using var sandbox = new SandboxFixture(new() { ChainId = new(8453) });
        var answer = sandbox.Call(new() { To = WellKnownContracts.Permit2, Data = Hex.Decode("0x3644e515") }).ShouldBeOfType<CallResult.Returned>();
        var document = TypedData.Parse($$$"""
            {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"A":[{"name":"a","type":"bool"}]},
             "primaryType":"A","domain":{"name":"Permit2","chainId":8453,"verifyingContract":"{{{WellKnownContracts.Permit2}}}"},"message":{"a":true}}
            """);
        new Hash32(answer.Data).ShouldBe(document.DomainSeparator);
    }

    [Fact]
    public void the_x402_proxies_know_their_witness_and_permit2()
    {
        using var sandbox = new SandboxFixture();
        Hash32 Ask(Address to, string signature) =>
            new(sandbox.Call(new() { To = to, Data = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(signature)).Bytes[..4].ToArray() }).ShouldBeOfType<CallResult.Returned>().Data);
        Ask(WellKnownContracts.X402ExactPermit2Proxy, "WITNESS_TYPEHASH()").ShouldBe(Keccak256.Hash("Witness(address to,uint256 validAfter)"u8));
        Ask(WellKnownContracts.X402UptoPermit2Proxy, "WITNESS_TYPEHASH()").ShouldBe(Keccak256.Hash("Witness(address to,address facilitator,uint256 validAfter)"u8));
        Ask(WellKnownContracts.X402ExactPermit2Proxy, "PERMIT2()").ToArray()[12..].ShouldBe(WellKnownContracts.Permit2.Bytes.ToArray());
        Ask(WellKnownContracts.X402UptoPermit2Proxy, "PERMIT2()").ToArray()[12..].ShouldBe(WellKnownContracts.Permit2.Bytes.ToArray());
    }

    [Fact]
    public void they_can_be_left_out_or_replaced()
    {
        using var bare = new SandboxFixture(new() { WithWellKnownContracts = false });
        bare.CodeOf(WellKnownContracts.Multicall3).ShouldBeEmpty();
        bare.CodeOf(WellKnownContracts.Create2Deployer).ShouldNotBeEmpty();
        using var replaced = new SandboxFixture(new() { Genesis = [new(WellKnownContracts.Permit2) { Code = s_reader }] });
        replaced.CodeOf(WellKnownContracts.Permit2).ShouldBe(s_reader);
        replaced.CodeOf(WellKnownContracts.Multicall3).ShouldNotBeEmpty();
    }

    [Fact]
    public void a_contract_is_constructed_at_an_address_that_is_handed_in()
    {
        var at = Address.Parse("0xBc71E2428cc0955b3dF9f38F5cF5DE22a1fC1D9b");
        using var sandbox = new SandboxFixture(new() { ChainId = new(8453), Genesis = [new(at) { CreationCode = s_creation, Balance = 5UL, Storage = new Dictionary<UInt256, UInt256> { [2UL] = 9UL } }] });
        sandbox.CodeOf(at).ShouldBe(s_reader);
        (sandbox.Slot(at, 0UL), sandbox.Slot(at, 1UL), sandbox.Slot(at, 2UL)).ShouldBe((UInt256.FromBigEndian(at.Bytes), (UInt256)8453UL, (UInt256)9UL));
        sandbox.BalanceOf(at).ShouldBe((UInt256)5UL);
        UInt256.FromBigEndian(sandbox.Call(new() { To = at }).ShouldBeOfType<CallResult.Returned>().Data).ShouldBe(UInt256.FromBigEndian(at.Bytes));
    }

    [Fact]
    public void a_genesis_constructor_that_fails_is_refused_with_its_address()
    {
        var at = Address.Parse("0x00000000000000000000000000000000000000aa");
        Should.Throw<ArgumentException>(() => new SandboxFixture(new() { Genesis = [new(at) { CreationCode = new byte[] { 0xfe } }] })).Message.ShouldContain(at.ToString());
    }
}
