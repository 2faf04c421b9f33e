using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>Cheats with numbers at the end of their range: the chain can always go on, also on its own timer, and open again.</summary>
public sealed class CheatBoundTests
{
    private const string Most = "0xffffffffffffffffffffffffffffffff";

    [Fact]
    public async Task a_base_fee_beyond_128_bits_is_refused_and_the_largest_lets_the_chain_go_on()
    {
        await using var node = await NodeFixture.StartAsync();
        (await node.ErrorAsync("anvil_setNextBlockBaseFeePerGas", $"[\"{Most}0\"]")).ShouldBe((-32602, "invalid argument 0: expected a base fee of at most 128 bits", null));
        await node.ResultAsync("anvil_setNextBlockBaseFeePerGas", $"[\"{Most}\"]");
        await node.ResultAsync("evm_mine");
        (await node.ResultAsync("eth_getBlockByNumber", "[\"latest\",false]")).GetProperty("baseFeePerGas").GetString().ShouldBe(Most);
        foreach (var method in (string[])["eth_gasPrice", "evm_mine", "evm_mine"])
        {
            await node.ResultAsync(method);
        }
        (await node.ResultAsync("eth_feeHistory", "[\"0x3\",\"latest\",[50]]")).GetProperty("baseFeePerGas").GetArrayLength().ShouldBe(4);
        (await node.ErrorAsync("eth_sendTransaction", $"[{{\"from\":\"{SandboxFixture.Alice.Address}\",\"to\":\"{SandboxFixture.Bob.Address}\"}}]")).Message.ShouldStartWith("insufficient funds");
    }

    [Fact]
    public void the_largest_base_fee_of_a_full_block_is_that_of_the_next()
    {
        using var sandbox = new SandboxFixture(new SandboxOptions { InitialBaseFee = UInt256.MaxValue });
        sandbox.Chain.Mine();
        sandbox.Head.BaseFeePerGas.ShouldBe(Header.MostBaseFee, "an empty block after it brings it back to where EIP-1559 can be computed");
        sandbox.Chain.Mine();
        sandbox.Head.BaseFeePerGas.ShouldBeLessThan(Header.MostBaseFee);
    }

    [Fact]
    public async Task time_ends_with_the_year_9998_and_the_chain_goes_on_there()
    {
        await using var node = await NodeFixture.StartAsync();
        var hundredYears = 100UL * 366 * 24 * 3600;
        await node.ResultAsync("anvil_setBlockTimestampInterval", $"[{hundredYears}]");
        await node.ResultAsync("anvil_mine", "[\"0x64\"]");
        node.Sandbox.Head.Timestamp.ShouldBe(253_370_764_799UL);
        await node.ResultAsync("anvil_removeBlockTimestampInterval");
        await node.ResultAsync("evm_mine");
        (await node.ErrorAsync("evm_increaseTime", "[1]")).ShouldBe((-32602, "invalid argument 0: the clock cannot go beyond the year 9998", null));
        (await node.ErrorAsync("anvil_mine", "[2,1]")).Code.ShouldBe(-32602);
        node.Sandbox.Chain.SetTimestampInterval(ulong.MaxValue);
        node.Sandbox.Chain.Mine();
        node.Sandbox.Head.Timestamp.ShouldBe(253_370_764_799UL);
    }

    [Fact]
    public void a_chain_at_the_end_of_time_mines_at_an_interval_and_opens_again()
    {
        var path = Path.GetTempFileName();
        File.Delete(path);
        try
        {
            var options = new SandboxOptions { StateFile = path };
            Hash32 head;
            using (var sandbox = new SandboxFixture(options))
            {
                sandbox.Chain.SetTimestampInterval(ulong.MaxValue);
                sandbox.Chain.Mine();
                sandbox.Chain.BlockInterval = TimeSpan.FromDays(1);
                var before = sandbox.Head.Number;
                sandbox.Clock.Advance(TimeSpan.FromDays(1));
                sandbox.Head.Number.ShouldBe(before + 1, "the timer fires");
                head = sandbox.Head.Hash;
            }
            using var again = new SandboxFixture(options);
            again.Head.Hash.ShouldBe(head);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task the_fee_history_up_to_the_pending_block_is_that_of_the_newest()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.ResultAsync("evm_mine");
        var pending = await node.ResultAsync("eth_feeHistory", "[\"0x2\",\"pending\",[10,50]]");
        pending.GetRawText().ShouldBe((await node.ResultAsync("eth_feeHistory", "[\"0x2\",\"latest\",[10,50]]")).GetRawText());
        pending.GetProperty("oldestBlock").GetString().ShouldBe("0x0");
    }

    [Fact]
    public async Task a_fault_inside_a_method_is_an_answer_and_the_rest_of_the_batch_is_answered()
    {
        await using var node = await NodeFixture.StartAsync(node: new()
        {
            Methods = new Dictionary<string, Sandbox.Rpc.RpcMethod> { ["test_bug"] = (_, _) => throw new InvalidOperationException("secret") },
        });
        var (_, body) = await node.PostAsync("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test_bug\"},{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"eth_chainId\"}]");
        body.ShouldNotContain("secret");
        using var document = JsonDocument.Parse(body);
        document.RootElement[0].GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32603);
        document.RootElement[1].GetProperty("result").GetString().ShouldBe("0x7a69");
    }
}
