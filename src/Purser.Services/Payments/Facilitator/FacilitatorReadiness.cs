using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Facilitator;

/// <summary>What one key has on one chain.</summary>
/// <param name="Account">The key's account.</param>
/// <param name="Balance">What it holds to pay gas with, in wei.</param>
/// <param name="Open">How many of its transactions have no receipt yet.</param>
public sealed record FacilitatorKeyState(Address Account, UInt256 Balance, int Open);

/// <summary>What one chain says.</summary>
/// <param name="Network">Which.</param>
/// <param name="Block">Its newest block's number; null when it could not be asked.</param>
/// <param name="Keys">Each key; none when it could not be asked.</param>
public sealed record FacilitatorChainState(ChainId Network, ulong? Block, IReadOnlyList<FacilitatorKeyState> Keys)
{
    /// <summary>Whether something can be settled there: it answers, and a key holds anything.</summary>
    public bool IsReady => Block is not null && Keys.Any(key => !key.Balance.IsZero);
}

/// <summary>
/// Whether a facilitator can settle now. The answer is kept for five seconds, so that whoever asks it often does not drive questions to the nodes.
/// </summary>
/// <param name="chains">The chains served.</param>
/// <param name="clock">The clock.</param>
public sealed class FacilitatorReadiness(IReadOnlyDictionary<ChainId, FacilitatorChain> chains, TimeProvider clock)
{
    private static readonly TimeSpan s_kept = TimeSpan.FromSeconds(5);
    private readonly Lock _lock = new();
    private Task<IReadOnlyList<FacilitatorChainState>>? _answer;
    private long _askedAt;

    /// <summary>Asks every chain, or gives what was answered within the last five seconds.</summary>
    public Task<IReadOnlyList<FacilitatorChainState>> AskAsync()
    {
        lock (_lock)
        {
            if (_answer is null || (_answer.IsCompleted && clock.GetElapsedTime(_askedAt) >= s_kept))
            {
                _askedAt = clock.GetTimestamp();
                _answer = AskAllAsync();
            }

            return _answer;
        }
    }

    private async Task<IReadOnlyList<FacilitatorChainState>> AskAllAsync() =>
        await Task.WhenAll(chains.OrderBy(served => served.Key.Value).Select(served => AskAsync(served.Key, served.Value)));

    private async Task<FacilitatorChainState> AskAsync(ChainId network, FacilitatorChain served)
    {
        using var bound = new CancellationTokenSource(s_kept, clock);
        try
        {
            var block = await served.Chain.GetBlockNumberAsync(bound.Token);
            var keys = new List<FacilitatorKeyState>();
            foreach (var lane in served.Lanes)
            {
                keys.Add(new(lane.Address, await served.Chain.GetBalanceAsync(lane.Address, cancellationToken: bound.Token), (await lane.ListOpenAsync(bound.Token)).Count));
            }

            return new(network, block, keys);
        }
        catch (Exception fault) when (fault is ChainException or Storage.StorageException or OperationCanceledException)
        {
            return new(network, null, []);
        }
    }
}

/// <summary>Maps <see cref="FacilitatorReadiness"/>.</summary>
public static class FacilitatorReadinessEndpoint
{
    /// <summary><c>GET /readyz</c>: every chain with its newest block and its keys' gas; 200 when each can be settled on, else 503. <c>/healthz</c> says only that the process answers.</summary>
    public static IEndpointConventionBuilder MapReadiness(this IEndpointRouteBuilder endpoints, FacilitatorReadiness readiness)
    {
        ArgumentNullException.ThrowIfNull(readiness);
        return endpoints.MapGet("/readyz", async context =>
        {
            var states = await readiness.AskAsync();
            context.Response.StatusCode = states.All(state => state.IsReady) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            context.Response.ContentType = "application/json";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.Body.WriteAsync(PaymentHeader.Json(writer => Write(writer, states)), context.RequestAborted);
        });
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<FacilitatorChainState> states)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("ready", states.All(state => state.IsReady));
        writer.WriteStartArray("networks");
        foreach (var state in states)
        {
            writer.WriteStartObject();
            writer.WriteString("network", state.Network.ToString());
            writer.WriteBoolean("ready", state.IsReady);
            if (state.Block is { } block)
            {
                writer.WriteNumber("block", block);
            }

            writer.WriteStartArray("keys");
            foreach (var key in state.Keys)
            {
                writer.WriteStartObject();
                writer.WriteString("account", key.Account.ToString());
                writer.WriteString("balance", key.Balance.ToString());
                writer.WriteNumber("open", key.Open);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
