using Purser.Ethereum;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>Overrides, estimates and access lists.</summary>
public sealed class SimulationTests
{
    private const string Here = "0x00000000000000000000000000000000000c0de0";
    private const string There = "0x00000000000000000000000000000000000c0de1";
    private static readonly string s_bob = SandboxFixture.Bob.Address.ToLowerHex();

    private static string Word(ulong value) => Hash32.FromUInt256(value).ToString();

    // Asks for one word: the code is itself an override, so that nothing is deployed.
    private static Task<string> AskAsync(NodeFixture node, string code, string account = "", string block = "{}") =>
        node.TextAsync("eth_call", $"[{{\"to\":\"{Here}\"}},\"latest\",{{\"{Here}\":{{\"code\":\"{code}\"{account}}}}},{block}]");

    [Fact]
    public async Task a_call_sees_the_overridden_account_and_leaves_nothing_behind()
    {
        // SELFBALANCE; SLOAD(1); SLOAD(2): each returned as one word.
        const string end = "5f5260205ff3";
        await using var node = await NodeFixture.StartAsync(new()
        {
            Genesis = [new(Address.Parse(Here)) { Balance = 5UL, Storage = new Dictionary<UInt256, UInt256> { [1UL] = 11UL, [2UL] = 22UL } }],
        });
        (await AskAsync(node, "0x47" + end)).ShouldBe(Word(5));
        (await AskAsync(node, "0x47" + end, ",\"balance\":\"0x10\"")).ShouldBe(Word(16));
        (await AskAsync(node, "0x600154" + end)).ShouldBe(Word(11));
        (await AskAsync(node, "0x600154" + end, $",\"stateDiff\":{{\"{Word(1)}\":\"{Word(77)}\"}}")).ShouldBe(Word(77));
        (await AskAsync(node, "0x600254" + end, $",\"stateDiff\":{{\"{Word(1)}\":\"{Word(77)}\"}}")).ShouldBe(Word(22));
        (await AskAsync(node, "0x600254" + end, $",\"state\":{{\"{Word(1)}\":\"{Word(77)}\"}}")).ShouldBe(Word(0), "state replaces all slots");
        (await AskAsync(node, "0x600154" + end, ",\"state\":{}")).ShouldBe(Word(0));
        // CREATE with nothing: the address comes of the nonce.
        (await AskAsync(node, "0x5f5f5ff0" + end, ",\"nonce\":\"0x9\"")).ShouldEndWith(Address.ForCreate(Address.Parse(Here), 9).ToLowerHex()[2..]);
        (await node.TextAsync("eth_getCode", $"[\"{Here}\",\"latest\"]")).ShouldBe("0x");
        (await node.TextAsync("eth_getBalance", $"[\"{Here}\",\"latest\"]")).ShouldBe("0x5");
        (await node.TextAsync("eth_getStorageAt", $"[\"{Here}\",\"0x1\",\"latest\"]")).ShouldBe(Word(11));
    }

    [Theory]
    [InlineData("0x43", "{\"number\":\"0x1234\"}", 0x1234)]
    [InlineData("0x42", "{\"time\":\"0x77\"}", 0x77)]
    [InlineData("0x45", "{\"gasLimit\":\"0x4c4b40\"}", 5_000_000)]
    [InlineData("0x41", "{\"feeRecipient\":\"0x0000000000000000000000000000000000000abc\"}", 0xabc)]
    [InlineData("0x41", "{\"coinbase\":\"0x0000000000000000000000000000000000000abc\"}", 0xabc)]
    [InlineData("0x44", "{\"prevRandao\":\"0x0000000000000000000000000000000000000000000000000000000000000def\"}", 0xdef)]
    [InlineData("0x48", "{\"baseFeePerGas\":\"0x9\"}", 9)]
    [InlineData("0x4a", "{\"blobBaseFee\":\"0x8\"}", 8)]
    public async Task a_call_sees_the_overridden_block(string code, string block, ulong seen)
    {
        await using var node = await NodeFixture.StartAsync();
        (await AskAsync(node, code + "5f5260205ff3", block: block)).ShouldBe(Word(seen));
        (await AskAsync(node, code + "5f5260205ff3")).ShouldNotBe(Word(seen));
    }

    [Theory]
    [InlineData("[]", "expected an object of accounts by address")]
    [InlineData("{\"0x12\":{}}", "expected addresses of 20 bytes")]
    [InlineData("{\"0x00000000000000000000000000000000000c0de0\":{},\"0x00000000000000000000000000000000000C0DE0\":{}}", "each at most once")]
    [InlineData("{\"0x00000000000000000000000000000000000c0de0\":7}", "expected an object")]
    [InlineData("{\"0x00000000000000000000000000000000000c0de0\":{\"balance\":\"0x01\"}}", "leading zero")]
    [InlineData("{\"0x00000000000000000000000000000000000c0de0\":{\"code\":\"0x1\"}}", "even number of digits")]
    [InlineData("{\"0x00000000000000000000000000000000000c0de0\":{\"state\":{},\"stateDiff\":{}}}", "has both 'state' and 'stateDiff'")]
    [InlineData("{\"0x00000000000000000000000000000000000c0de0\":{\"state\":{\"zz\":\"0x1\"}}}", "expected slots in 0x hex")]
    [InlineData("{\"0x00000000000000000000000000000000000c0de0\":{\"movePrecompileToAddress\":\"0x1\"}}", "knows balance, nonce, code, state and stateDiff only")]
    public async Task malformed_overrides_are_refused_and_say_where(string overrides, string reason)
    {
        await using var node = await NodeFixture.StartAsync();
        foreach (var method in (string[])["eth_call", "eth_estimateGas", "eth_createAccessList"])
        {
            var (code, message, _) = await node.ErrorAsync(method, $"[{{\"to\":\"{There}\"}},\"latest\",{overrides}]");
            code.ShouldBe(-32602);
            message.ShouldContain(reason);
        }
        (await node.ErrorAsync("eth_call", $"[{{\"to\":\"{There}\"}},\"latest\",{{}},{{\"withdrawals\":[]}}]")).Code.ShouldBe(-32602);
    }

    // MSTORE at 1 MiB: dear memory, and so much gas used.
    private const string Burner = "0x5f620fffe052";

    // Calls There with all the gas that EIP-150 lets it and insists on success: the gas needed is above the gas used.
    private const string Forwarder = "0x5f5f5f5f5f620c0de15af1600f57fe5b00";

    // The same call with a limit; null when it succeeds.
    private static async Task<string?> FailureAsync(NodeFixture node, string call, ulong gas, string overrides)
    {
        var answer = await node.AskAsync("eth_call", $"[{{{call},\"gas\":\"0x{gas:x}\"}},\"latest\",{overrides}]");
        return answer.TryGetProperty("error", out var error) ? error.GetProperty("message").GetString() : null;
    }

    [Fact]
    public async Task an_estimate_suffices_and_one_percent_less_does_not()
    {
        await using var node = await NodeFixture.StartAsync();
        var forward = $"{{\"{Here}\":{{\"code\":\"{Forwarder}\"}},\"{There}\":{{\"code\":\"{Burner}\"}}}}";
        (string Call, string Overrides)[] calls =
        [
            ($"\"from\":\"{s_bob}\",\"to\":\"{There}\",\"value\":\"0x1\"", "{}"),
            ($"\"from\":\"{s_bob}\",\"to\":\"{There}\",\"data\":\"0x00ff00ff\"", "{}"),
            ($"\"from\":\"{s_bob}\",\"data\":\"0x600a600a\"", "{}"),
            // Writes three slots and clears one that was set: the refund is paid at the end only.
            ($"\"from\":\"{s_bob}\",\"to\":\"{Here}\"", $"{{\"{Here}\":{{\"code\":\"0x60015f5560016001555f600255\",\"state\":{{\"{Word(2)}\":\"{Word(5)}\"}}}}}}"),
            ($"\"from\":\"{s_bob}\",\"to\":\"{There}\"", $"{{\"{There}\":{{\"code\":\"{Burner}\"}}}}"),
            ($"\"from\":\"{s_bob}\",\"to\":\"{Here}\"", forward),
        ];
        foreach (var (call, overrides) in calls)
        {
            var text = await node.TextAsync("eth_estimateGas", $"[{{{call}}},\"latest\",{overrides}]");
            var gas = (ulong)UInt256.Parse(text);
            (await FailureAsync(node, call, gas, overrides)).ShouldBeNull(call);
            (await FailureAsync(node, call, gas * 99 / 100, overrides)).ShouldNotBeNull(call);
        }
    }

    [Fact]
    public async Task an_estimate_of_what_reverts_carries_the_revert_data_and_one_that_runs_dry_says_so()
    {
        await using var node = await NodeFixture.StartAsync();
        // PUSH4 0xdeadbeef PUSH0 MSTORE PUSH1 4 PUSH1 28 REVERT
        var reverted = await node.ErrorAsync("eth_estimateGas", $"[{{\"to\":\"{Here}\"}},\"latest\",{{\"{Here}\":{{\"code\":\"0x63deadbeef5f526004601cfd\"}}}}]");
        reverted.ShouldBe((3, "execution reverted", "0xdeadbeef"));
        // JUMPDEST PUSH0 JUMP
        var dry = await node.ErrorAsync("eth_estimateGas", $"[{{\"to\":\"{Here}\",\"gas\":\"0x186a0\"}},\"latest\",{{\"{Here}\":{{\"code\":\"0x5b5f56\"}}}}]");
        (dry.Code, dry.Message).ShouldBe((-32000, "out of gas: gas required exceeds allowance (100000)"));
        // Who names a price gets no more gas than he can pay: a tenth of an ether at 1,000 gwei buys 100,000.
        var poor = await node.ErrorAsync("eth_estimateGas",
            $"[{{\"from\":\"{There}\",\"to\":\"{Here}\",\"gasPrice\":\"0xe8d4a51000\"}},\"latest\",{{\"{Here}\":{{\"code\":\"0x5b5f56\"}},\"{There}\":{{\"balance\":\"0x16345785d8a0000\"}}}}]");
        (poor.Code, poor.Message).ShouldBe((-32000, "out of gas: gas required exceeds allowance (100000)"));
    }

    [Fact]
    public async Task an_access_list_names_what_is_accessed_and_the_transaction_then_needs_the_gas_it_says()
    {
        await using var node = await NodeFixture.StartAsync();
        // Reads slot 5 of its own, the balance of There, and then the slot whose number slot 5 holds; calls precompile 4.
        const string code = "0x6005545450620c0de131505f5f5f5f60045afa5000";
        var overrides = $"{{\"{Here}\":{{\"code\":\"{code}\",\"state\":{{\"{Word(5)}\":\"{Word(9)}\"}}}}}}";
        var answer = await node.ResultAsync("eth_createAccessList", $"[{{\"from\":\"{s_bob}\",\"to\":\"{Here}\"}},\"latest\",{overrides}]");
        var list = answer.GetProperty("accessList");
        list.GetArrayLength().ShouldBe(2);
        list[0].GetRawText().ShouldBe($"{{\"address\":\"{Here}\",\"storageKeys\":[\"{Word(5)}\",\"{Word(9)}\"]}}");
        list[1].GetRawText().ShouldBe($"{{\"address\":\"{There}\",\"storageKeys\":[]}}");
        answer.TryGetProperty("error", out _).ShouldBeFalse();
        var gas = answer.GetProperty("gasUsed").GetString();
        (await node.TextAsync("eth_estimateGas", $"[{{\"from\":\"{s_bob}\",\"to\":\"{Here}\",\"accessList\":{list.GetRawText()}}},\"latest\",{overrides}]")).ShouldBe(gas);
    }

    [Fact]
    public async Task an_access_list_of_what_reverts_is_given_with_the_error()
    {
        await using var node = await NodeFixture.StartAsync();
        var answer = await node.ResultAsync("eth_createAccessList", $"[{{\"to\":\"{Here}\"}},\"latest\",{{\"{Here}\":{{\"code\":\"0x6003545f5ffd\"}}}}]");
        answer.GetProperty("error").GetString().ShouldBe("execution reverted");
        answer.GetProperty("accessList")[0].GetProperty("storageKeys")[0].GetString().ShouldBe(Word(3));
    }

    [Fact]
    public async Task a_call_of_creation_code_gives_what_it_would_deploy()
    {
        await using var node = await NodeFixture.StartAsync();
        (await node.TextAsync("eth_call", "[{\"data\":\"0x602a5f5260205ff3\"},\"latest\"]")).ShouldBe(Word(42));
    }

    [Fact]
    public async Task an_estimate_for_a_sender_who_cannot_pay_the_value_says_so_also_with_a_price()
    {
        await using var node = await NodeFixture.StartAsync();
        foreach (var price in (string[])["", ",\"maxFeePerGas\":\"0x77359400\""])
        {
            var (_, message, _) = await node.ErrorAsync("eth_estimateGas", $"[{{\"from\":\"{There}\",\"to\":\"{Here}\",\"value\":\"0x1\"{price}}}]");
            message.ShouldStartWith("insufficient funds");
        }
    }
}
