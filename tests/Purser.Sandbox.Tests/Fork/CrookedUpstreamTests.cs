using System.Text;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Fork;
using Purser.Sandbox.Rpc;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Fork;

/// <summary>An upstream that lies, talks nonsense, fails or says nothing: a clear error each time, and the fork keeps serving.</summary>
public sealed class CrookedUpstreamTests : IAsyncLifetime
{
    private readonly SandboxFixture _sandbox = new();
    private readonly Crook _crook = new();
    private SandboxNode _node = null!;
    private HttpClient _http = null!;
    private JsonRpcChain _upstream = null!;

    public async ValueTask InitializeAsync()
    {
        _sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL);
        _sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL);
        _node = await SandboxNode.StartAsync(_sandbox.Chain);
        _http = new(_crook);
        _upstream = new(_http, _node.Url, TimeProvider.System, new() { Timeout = TimeSpan.FromSeconds(2), RetryDelay = TimeSpan.FromMilliseconds(1) });
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _crook.Dispose();
        await _node.DisposeAsync();
        _sandbox.Dispose();
    }

    [Theory]
    [InlineData("hash", "0x1111111111111111111111111111111111111111111111111111111111111111", "its fields have hash")]
    [InlineData("stateRoot", "0x1111111111111111111111111111111111111111111111111111111111111111", "its fields have hash")]
    [InlineData("timestamp", "0x1", "its fields have hash")]
    [InlineData("number", "0x1", "number")]
    [InlineData("gasLimit", "lots", "gasLimit")]
    [InlineData("baseFeePerGas", null, "hash")]
    public async Task a_block_that_cannot_be_is_refused_when_the_fork_is_made(string member, string? lie, string said)
    {
        _crook.Lie = answer =>
        {
            if (answer["result"] is JsonObject block && block.ContainsKey("parentHash"))
            {
                block[member] = lie;
            }
        };
        var fault = await Should.ThrowAsync<ChainException>(() => SandboxFork.OpenAsync(_upstream));
        fault.Message.ShouldContain(said);
        fault.IsTransient.ShouldBeFalse();
    }

    [Fact]
    public async Task a_block_that_is_not_there_and_a_node_that_is_not_there_are_told_apart()
    {
        (await Should.ThrowAsync<ChainException>(() => SandboxFork.OpenAsync(_upstream, 99))).Message.ShouldContain("no block 99");
        var nobody = new JsonRpcChain(_http, new Uri("http://127.0.0.1:9/"), TimeProvider.System, new() { RetryDelay = TimeSpan.FromMilliseconds(1) });
        (await Should.ThrowAsync<ChainException>(() => SandboxFork.OpenAsync(nobody))).IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task malformed_state_fails_the_question_with_the_reason_and_the_next_one_is_answered()
    {
        using var chain = await OpenAsync();
        _crook.Lie = answer => answer["result"] = "0x0zz";
        var fault = await Should.ThrowAsync<ChainException>(() => chain.GetBalanceAsync(SandboxFixture.Bob.Address));
        fault.Message.ShouldContain("The upstream of this fork failed");
        fault.IsTransient.ShouldBeFalse();
        _crook.Lie = null;
        (await chain.GetBalanceAsync(SandboxFixture.Bob.Address)).ShouldBe((SandboxFixture.OneEther * 1000UL) + 2UL);
    }

    [Fact]
    public async Task an_upstream_that_fails_once_is_asked_again_and_one_that_refuses_is_not()
    {
        using var chain = await OpenAsync();
        var before = _crook.Requests;
        _crook.FailNext = 1;
        (await chain.GetTransactionCountAsync(SandboxFixture.Alice.Address)).ShouldBe(2UL);
        (_crook.Requests - before).ShouldBe(2);
        before = _crook.Requests;
        _crook.Lie = answer =>
        {
            answer.Remove("result");
            answer["error"] = new JsonObject { ["code"] = -32000, ["message"] = "missing trie node" };
        };
        (await Should.ThrowAsync<ChainException>(() => chain.GetBalanceAsync(SandboxFixture.Miner))).Message.ShouldContain("missing trie node");
        (_crook.Requests - before).ShouldBe(1);
    }

    [Fact]
    public async Task a_transaction_that_the_upstream_keeps_from_running_is_not_taken_and_can_be_sent_again()
    {
        using var chain = await OpenAsync();
        var signed = _sandbox.Transfer(SandboxFixture.Alice, SandboxFixture.Miner, 5UL).Sign(SandboxFixture.Alice);
        _crook.FailNext = int.MaxValue;
        (await Should.ThrowAsync<ChainException>(() => chain.SendRawTransactionAsync(signed.Raw))).IsTransient.ShouldBeTrue();
        (await chain.GetBlockNumberAsync()).ShouldBe(2UL);
        _crook.FailNext = 0;
        await chain.SendRawTransactionAsync(signed.Raw);
        (await chain.GetTransactionReceiptAsync(signed.Hash)).ShouldNotBeNull().Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task an_upstream_that_fails_while_the_chain_mines_by_itself_costs_that_block_and_no_more()
    {
        var fork = await SandboxFork.OpenAsync(_upstream);
        using var clock = SandboxClock.StandingAt(DateTimeOffset.UnixEpoch.AddYears(100));
        using var chain = SandboxChain.Open(new() { ForkedFrom = fork, Automine = false, Hardfork = Hardfork.Prague }, clock);
        // Prague's first act in a block is to look for the contract of EIP-2935, which nobody asked for yet.
        chain.BlockInterval = TimeSpan.FromSeconds(1);
        _crook.FailNext = int.MaxValue;
        clock.Advance(TimeSpan.FromSeconds(1));
        _crook.FailNext.ShouldBeLessThan(int.MaxValue, "the upstream was asked");
        (await chain.GetBlockNumberAsync()).ShouldBe(2UL);
        _crook.FailNext = 0;
        clock.Advance(TimeSpan.FromSeconds(1));
        (await chain.GetBlockNumberAsync()).ShouldBe(3UL);
    }

    [Fact]
    public async Task a_call_that_waits_for_a_silent_upstream_is_cancelled_by_its_caller()
    {
        using var chain = await OpenAsync();
        _crook.IsSilent = true;
        using var gone = new CancellationTokenSource();
        // A fresh thread, since the call waits: the EVM reads synchronously.
        var call = Task.Factory.StartNew(() => chain.CallAsync(new() { To = SandboxFixture.Miner }, cancellationToken: gone.Token), TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        await _crook.Asked.WaitAsync(TestContext.Current.CancellationToken);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        _crook.IsSilent = false;
        (await chain.CallAsync(new() { To = SandboxFixture.Miner })).ShouldBeOfType<CallResult.Returned>();
    }

    [Fact]
    public async Task headers_that_do_not_link_are_refused()
    {
        using var chain = await OpenAsync(2);
        var asker = Address.Parse("0x0000000000000000000000000000000000000a5c");
        chain.SetCode(asker, Hex.Decode("0x5f35405f5260205ff3"));
        chain.Mine();
        // Another chain's block 1 is right by itself, but is not the one that block 2 names.
        using var other = new SandboxFixture(new() { InitialBaseFee = 7UL });
        other.Chain.Mine();
        other.Chain.Mine();
        await using var elsewhere = await SandboxNode.StartAsync(other.Chain);
        _crook.Redirect = elsewhere.Url;
        (await Should.ThrowAsync<ChainException>(() => chain.CallAsync(new() { To = asker, Data = new byte[32] }))).Message.ShouldContain("as its parent");
    }

    private async Task<SandboxChain> OpenAsync(ulong? block = null)
    {
        var fork = await SandboxFork.OpenAsync(_upstream, block);
        return SandboxChain.Open(new() { ForkedFrom = fork }, SandboxClock.Follow(TimeProvider.System));
    }

    /// <summary>Stands between: hands requests on and changes what comes back.</summary>
    private sealed class Crook() : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly SemaphoreSlim _asked = new(0);
        private int _requests;

        public Action<JsonObject>? Lie { get; set; }

        public int FailNext { get; set; }

        public bool IsSilent { get; set; }

        public Uri? Redirect { get; set; }

        public int Requests => Volatile.Read(ref _requests);

        public SemaphoreSlim Asked => _asked;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            if (IsSilent)
            {
                _asked.Release();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }
            if (FailNext > 0)
            {
                FailNext--;
                return new(System.Net.HttpStatusCode.BadGateway);
            }
            request.RequestUri = Redirect ?? request.RequestUri;
            var response = await base.SendAsync(request, cancellationToken);
            if (Lie is not { } lie)
            {
                return response;
            }
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
            foreach (var one in answer is JsonArray batch ? batch.OfType<JsonObject>() : [answer.AsObject()])
            {
                lie(one);
            }
            response.Content = new StringContent(answer.ToJsonString(), Encoding.UTF8, "application/json");
            return response;
        }

        protected override void Dispose(bool disposing)
        {
            _asked.Dispose();
            base.Dispose(disposing);
        }
    }
}
