using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Fork;
using Purser.Sandbox.Rpc;
using Purser.Sandbox.Tests.Chain;
using Purser.Sandbox.Tests.Differential;

namespace Purser.Sandbox.Tests.Fork;

/// <summary>A sandbox that goes on from a block of another node: an anvil, and a sandbox of ours.</summary>
public sealed class ForkTests
{
    private static readonly HttpClient s_http = new();
    private static readonly UInt256 s_ether = SandboxFixture.OneEther;

    // Counts: adds calldata's word to slot 0, logs it, returns the new value. Without calldata returns slot 0; with 64 bytes sets slot 1 to 0 and destroys nothing.
    // PUSH0 CALLDATALOAD PUSH0 SLOAD ADD DUP1 PUSH0 SSTORE DUP1 PUSH0 MSTORE PUSH1 32 PUSH0 LOG1... the topic is the value.
    private static readonly byte[] s_counter = Hex.Decode("0x5f355f5401805f55805f52805f5260205fa160205ff3");

    public static TheoryData<string> Upstreams => ["anvil", "sandbox"];

    private sealed class Upstream(JsonRpcChain chain, Func<ValueTask> stop) : IAsyncDisposable
    {
        public JsonRpcChain Chain => chain;

        public static async Task<Upstream> StartAsync(string kind)
        {
            if (kind == "anvil")
            {
                var anvil = await AnvilNode.StartAsync("--accounts", "1");
                var upstream = new Upstream(new(s_http, anvil.Url, TimeProvider.System), anvil.DisposeAsync);
                foreach (var key in (PrivateKey[])[SandboxFixture.Alice, SandboxFixture.Bob])
                {
                    await anvil.CallAsync("anvil_setBalance", $"\"{key.Address}\"", $"\"{s_ether * 1000UL:x}\"");
                }
                return upstream;
            }
            var sandbox = new SandboxFixture();
            var node = await SandboxNode.StartAsync(sandbox.Chain);
            return new(new(s_http, node.Url, TimeProvider.System), async () =>
            {
                await node.DisposeAsync();
                sandbox.Dispose();
            });
        }

        public async Task<TransactionReceipt> SendAsync(PrivateKey key, Address? to, byte[]? data = null, UInt256 value = default) => await ForkTests.SendAsync(chain, key, to, data, value);

        public ValueTask DisposeAsync() => stop();
    }

    private static async Task<TransactionReceipt> SendAsync(IChain chain, PrivateKey key, Address? to, byte[]? data = null, UInt256 value = default)
    {
        var signed = new Transaction1559
        {
            ChainId = await chain.GetChainIdAsync(),
            Nonce = await chain.GetTransactionCountAsync(key.Address),
            MaxPriorityFeePerGas = 1_000_000_000UL,
            MaxFeePerGas = 100_000_000_000UL,
            GasLimit = 500_000,
            To = to,
            Data = data ?? [],
            Value = value,
        }.Sign(key);
        await chain.SendRawTransactionAsync(signed.Raw);
        TransactionReceipt? receipt = null;
        while (receipt is null)
        {
            receipt = await chain.GetTransactionReceiptAsync(signed.Hash, TestContext.Current.CancellationToken);
        }
        return receipt;
    }

    private static byte[] Word(ulong value) => Hash32.FromUInt256(value).ToArray();

    private static async Task<(SandboxChain Chain, SandboxFork Fork)> ForkAsync(Upstream upstream, ulong? block = null, string? file = null, SandboxOptions? options = null)
    {
        var fork = await SandboxFork.OpenAsync(upstream.Chain, block, file is null ? null : file + ".fork");
        return (SandboxChain.Open((options ?? new()) with { ChainId = fork.ChainId, ForkedFrom = fork, StateFile = file }, SandboxClock.Follow(TimeProvider.System)), fork);
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task a_fork_answers_as_its_upstream_until_the_two_part(string kind)
    {
        await using var upstream = await Upstream.StartAsync(kind);
        var counter = (await upstream.SendAsync(SandboxFixture.Alice, null, SandboxFixture.Creation(s_counter))).ContractAddress!.Value;
        await upstream.SendAsync(SandboxFixture.Alice, counter, Word(5));
        var (chain, fork) = await ForkAsync(upstream);
        using var forked = chain;
        await using var node = await SandboxNode.StartAsync(chain);
        IChain[] both = [upstream.Chain, chain, new JsonRpcChain(s_http, node.Url, TimeProvider.System)];
        async Task Same<T>(Func<IChain, Task<T>> ask)
        {
            var answers = new List<string>();
            foreach (var one in both)
            {
                answers.Add(JsonSerializer.Serialize<object?>(await ask(one)));
            }
            answers[1].ShouldBe(answers[0]);
            answers[2].ShouldBe(answers[0]);
        }
        await Same(c => c.GetChainIdAsync());
        await Same(c => c.GetBlockNumberAsync());
        await Same(c => c.GetBlockAsync(BlockTag.Latest));
        foreach (var tag in (BlockTag[])[BlockTag.Latest, BlockTag.Earliest, BlockTag.At(0), BlockTag.At(1), BlockTag.At(2)])
        {
            await Same(c => c.GetBalanceAsync(SandboxFixture.Alice.Address, tag));
            await Same(c => c.GetTransactionCountAsync(SandboxFixture.Alice.Address, tag));
            await Same(c => c.GetCodeAsync(counter, tag));
            await Same(c => c.GetStorageAtAsync(counter, 0UL, tag));
            await Same(c => c.CallAsync(new() { To = counter, Data = Word(7) }, tag));
        }
        await Same(c => c.GetLogsAsync(new() { FromBlock = BlockTag.Earliest, Addresses = [counter] }));
        await Same(c => c.GetBalanceAsync(Address.Parse("0x00000000000000000000000000000000000a0a0a")));

        // The same transaction on both: the same gas, the same result.
        var theirs = await upstream.SendAsync(SandboxFixture.Bob, counter, Word(10));
        var ours = await SendAsync(chain, SandboxFixture.Bob, counter, Word(10));
        (ours.Succeeded, ours.GasUsed, ours.BlockNumber).ShouldBe((theirs.Succeeded, theirs.GasUsed, theirs.BlockNumber));
        ours.Logs.Single().Topics.ShouldBe(theirs.Logs.Single().Topics);

        // Then they part.
        await upstream.SendAsync(SandboxFixture.Bob, counter, Word(1000));
        await SendAsync(chain, SandboxFixture.Alice, counter, Word(1));
        (await chain.GetStorageAtAsync(counter, 0UL)).ToUInt256().ShouldBe(16UL);
        (await upstream.Chain.GetStorageAtAsync(counter, 0UL)).ToUInt256().ShouldBe(1015UL);
        (await chain.GetTransactionReceiptAsync(theirs.TransactionHash)).ShouldNotBeNull("one transaction, in both chains");
        // What the upstream did after the fork is unknown here; what was before is known, over both doors.
        foreach (var door in both[1..])
        {
            (await door.GetLogsAsync(new() { FromBlock = BlockTag.Earliest, Addresses = [counter] })).Select(l => l.Topics[0].ToUInt256()).ShouldBe([5UL, 15UL, 16UL]);
            (await door.GetTransactionReceiptAsync((await upstream.Chain.GetBlockAsync(BlockTag.At(4)))!.Transactions[0])).ShouldBeNull();
            (await door.GetTransactionReceiptAsync((await upstream.Chain.GetBlockAsync(BlockTag.At(1)))!.Transactions[0])).ShouldNotBeNull();
        }
        fork.Questions.ShouldBeLessThan(20, "an account is one question, and asked once");
    }

    [Fact]
    public async Task a_fork_at_an_older_block_sees_that_block_and_its_hashes()
    {
        await using var upstream = await Upstream.StartAsync("sandbox");
        var counter = (await upstream.SendAsync(SandboxFixture.Alice, null, SandboxFixture.Creation(s_counter))).ContractAddress!.Value;
        for (var i = 0; i < 5; i++)
        {
            await upstream.SendAsync(SandboxFixture.Alice, counter, Word(1));
        }
        var (chain, _) = await ForkAsync(upstream, 3);
        using var forked = chain;
        (await chain.GetBlockNumberAsync()).ShouldBe(3UL);
        (await chain.GetStorageAtAsync(counter, 0UL)).ToUInt256().ShouldBe(2UL);
        chain.Mine();
        (await chain.GetBlockAsync(BlockTag.At(4)))!.ParentHash.ShouldBe((await upstream.Chain.GetBlockAsync(BlockTag.At(3)))!.Hash);
        // BLOCKHASH of a block before the fork: PUSH0 CALLDATALOAD BLOCKHASH PUSH0 MSTORE PUSH1 32 PUSH0 RETURN.
        var asker = Address.Parse("0x0000000000000000000000000000000000000a5c");
        chain.SetCode(asker, Hex.Decode("0x5f35405f5260205ff3"));
        foreach (var number in (ulong[])[3, 1, 2, 0])
        {
            var answer = (await chain.CallAsync(new() { To = asker, Data = Word(number) })).ShouldBeOfType<CallResult.Returned>();
            new Hash32(answer.Data).ShouldBe((await upstream.Chain.GetBlockAsync(BlockTag.At(number)))!.Hash);
        }
    }

    [Fact]
    public async Task a_proof_is_the_upstreams_below_the_fork_and_refused_from_it_on()
    {
        await using var upstream = await Upstream.StartAsync("sandbox");
        await upstream.SendAsync(SandboxFixture.Alice, SandboxFixture.Bob.Address);
        var (chain, fork) = await ForkAsync(upstream);
        using var forked = chain;
        await SendAsync(chain, SandboxFixture.Bob, SandboxFixture.Alice.Address, Word(1));
        await using var node = await SandboxNode.StartAsync(chain);
        var client = new JsonRpcChain(s_http, node.Url, TimeProvider.System);
        Task<JsonElement> Ask(JsonRpcChain asked, string tag) =>
            asked.RequestAsync("eth_getProof", new JsonArray($"{SandboxFixture.Alice.Address}", new JsonArray(), tag), TestContext.Current.CancellationToken);
        foreach (var tag in (string[])["latest", "pending", $"0x{fork.BlockNumber:x}", $"0x{fork.BlockNumber + 1:x}"])
        {
            (await Should.ThrowAsync<ChainException>(() => Ask(client, tag))).Message.ShouldContain($"eth_getProof is not available from block {fork.BlockNumber} on");
        }
        (await Ask(client, "0x0")).GetRawText().ShouldBe((await Ask(upstream.Chain, "0x0")).GetRawText());
    }

    [Fact]
    public async Task what_was_set_to_nothing_here_is_not_read_from_there_again()
    {
        await using var upstream = await Upstream.StartAsync("sandbox");
        var counter = (await upstream.SendAsync(SandboxFixture.Alice, null, SandboxFixture.Creation(s_counter))).ContractAddress!.Value;
        await upstream.SendAsync(SandboxFixture.Alice, counter, Word(5));
        var (chain, _) = await ForkAsync(upstream);
        using var forked = chain;
        chain.SetStorageAt(counter, 0UL, 0UL);
        (await chain.GetStorageAtAsync(counter, 0UL)).ToUInt256().ShouldBe(0UL);
        // By a transaction, too: 2^256 - 3 and 3 add up to 0.
        await SendAsync(chain, SandboxFixture.Alice, counter, Word(3));
        await SendAsync(chain, SandboxFixture.Alice, counter, Hash32.FromUInt256(UInt256.MaxValue - 2UL).ToArray());
        (await chain.GetStorageAtAsync(counter, 0UL)).ToUInt256().ShouldBe(0UL);
        chain.SetCode(counter, []);
        chain.SetNonce(counter, 0);
        (await chain.GetCodeAsync(counter)).ShouldBeEmpty();
        (await chain.GetStorageAtAsync(counter, 7UL)).ToUInt256().ShouldBe(0UL);
        var before = chain.Snapshot();
        chain.SetBalance(SandboxFixture.Bob.Address, 0UL);
        chain.Revert(before).ShouldBeTrue();
        (await chain.GetBalanceAsync(SandboxFixture.Bob.Address)).ShouldBe(s_ether * 1000UL);
    }

    [Fact]
    public async Task a_fork_with_a_state_file_goes_on_and_asks_nothing_again()
    {
        using var folder = new Folder();
        var upstream = await Upstream.StartAsync("sandbox");
        Hash32 head;
        Address counter;
        ulong number;
        await using (upstream)
        {
            counter = (await upstream.SendAsync(SandboxFixture.Alice, null, SandboxFixture.Creation(s_counter))).ContractAddress!.Value;
            await upstream.SendAsync(SandboxFixture.Alice, counter, Word(5));
            var (chain, fork) = await ForkAsync(upstream, file: folder.File);
            number = fork.BlockNumber;
            using (chain)
            {
                await SendAsync(chain, SandboxFixture.Bob, counter, Word(2));
                head = (await chain.GetBlockAsync(BlockTag.Latest))!.Hash;
            }
            await upstream.SendAsync(SandboxFixture.Alice, counter, Word(500));
            var (again, kept) = await ForkAsync(upstream, file: folder.File);
            using (again)
            {
                kept.BlockNumber.ShouldBe(number, "not the upstream's newest");
                (await again.GetBlockAsync(BlockTag.Latest))!.Hash.ShouldBe(head);
                (await again.GetStorageAtAsync(counter, 0UL)).ToUInt256().ShouldBe(7UL);
                kept.Questions.ShouldBe(0);
            }
            (await Should.ThrowAsync<StateFileException>(() => SandboxFork.OpenAsync(upstream.Chain, number - 1, folder.File + ".fork"))).Message.ShouldContain($"at block {number}, not {number - 1}");
        }
        await using var other = await Upstream.StartAsync("sandbox");
        await other.SendAsync(SandboxFixture.Alice, SandboxFixture.Bob.Address);
        await other.SendAsync(SandboxFixture.Alice, SandboxFixture.Bob.Address);
        (await Should.ThrowAsync<StateFileException>(() => SandboxFork.OpenAsync(other.Chain, null, folder.File + ".fork"))).Message.ShouldContain("it is another chain, or was reorganised");
    }

    private sealed class Folder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("purser-fork-");

        public string File => Path.Combine(_folder.FullName, "chain");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
