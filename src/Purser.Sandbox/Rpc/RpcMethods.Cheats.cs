using System.Text.Json;

namespace Purser.Sandbox.Rpc;

/// <content>What only a development node has: time travel, snapshots, mining by hand, edits of accounts.</content>
internal sealed partial class RpcMethods
{
    private const ulong MaxMined = 100_000;

    // Longer jumps than this from one call are a mistake, and would pass the last instant that a clock has.
    private const ulong MaxSeconds = 100UL * 366 * 24 * 3600;

    private void AddCheats(Dictionary<string, Method> methods)
    {
        methods.Add("evm_increaseTime", IncreaseTime);
        methods.Add("evm_setNextBlockTimestamp", (p, w, _) => SetNextTimestamp(p.Number(0), w));
        methods.Add("evm_mine", MineOne);
        methods.Add("evm_snapshot", (_, w, _) => w.WriteQuantity(_chain.Snapshot()));
        methods.Add("evm_revert", (p, w, _) => w.WriteBooleanValue(_chain.Revert(p.Number(0))));
        methods.Add("evm_setAutomine", (p, w, _) =>
        {
            _chain.Automine = p.Flag(0, true);
            w.WriteNullValue();
        });
        foreach (var prefix in (ReadOnlySpan<string>)["anvil_", "hardhat_"])
        {
            methods.Add(prefix + "mine", MineSome);
            methods.Add(prefix + "setBalance", Edit((p, a) => _chain.SetBalance(a, p.Quantity(1))));
            methods.Add(prefix + "setNonce", Edit((p, a) => _chain.SetNonce(a, p.Number(1))));
            methods.Add(prefix + "setCode", Edit((p, a) => _chain.SetCode(a, p.Data(1))));
            methods.Add(prefix + "setStorageAt", Edit((p, a) => _chain.SetStorageAt(a, p.Slot(1), p.Hash(2).ToUInt256())));
        }
        methods.Add("anvil_increaseTime", IncreaseTime);
        methods.Add("anvil_setNextBlockTimestamp", methods["evm_setNextBlockTimestamp"]);
        methods.Add("anvil_snapshot", methods["evm_snapshot"]);
        methods.Add("anvil_revert", methods["evm_revert"]);
    }

    private static Method Edit(Action<RpcParameters, Purser.Ethereum.Address> edit) => (parameters, writer, _) =>
    {
        edit(parameters, parameters.Address(0));
        writer.WriteNullValue();
    };

    private void IncreaseTime(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var seconds = parameters.Number(0);
        if (seconds > MaxSeconds)
        {
            throw RpcParameters.Invalid(RpcParameters.Name(0), $"more than {MaxSeconds} seconds");
        }
        _chain.Clock.Advance(TimeSpan.FromSeconds(seconds));
        writer.WriteNumberValue(seconds);
    }

    private void SetNextTimestamp(ulong timestamp, Utf8JsonWriter writer)
    {
        if (timestamp > _chain.Clock.UnixSeconds + MaxSeconds || !_chain.TrySetNextBlockTimestamp(timestamp))
        {
            throw RpcParameters.Invalid(RpcParameters.Name(0), $"{timestamp} is not a time from the newest block's, {_chain.View.Head.Header.Timestamp}, on");
        }
        writer.WriteNullValue();
    }

    // Nothing, a time, or an object with timestamp and blocks.
    private void MineOne(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var given = parameters[0];
        var count = 1UL;
        if (given.ValueKind == JsonValueKind.Object)
        {
            count = Member(given, "blocks"u8) is { ValueKind: not JsonValueKind.Undefined } blocks ? RpcParameters.ReadNumber(blocks, "blocks") : 1;
            given = Member(given, "timestamp"u8);
        }
        if (given.ValueKind != JsonValueKind.Undefined)
        {
            var timestamp = RpcParameters.ReadNumber(given, "timestamp");
            if (timestamp > _chain.Clock.UnixSeconds + MaxSeconds || !_chain.TrySetNextBlockTimestamp(timestamp))
            {
                throw RpcParameters.Invalid("timestamp", $"{timestamp} is not a time from the newest block's, {_chain.View.Head.Header.Timestamp}, on");
            }
        }
        Mine(count, 0, cancellation);
        writer.WriteStringValue("0x0"u8);
    }

    private void MineSome(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        Mine(parameters.Has(0) ? parameters.Number(0) : 1, parameters.Has(1) ? parameters.Number(1) : 0, cancellation);
        writer.WriteNullValue();
    }

    private void Mine(ulong count, ulong interval, CancellationToken cancellation)
    {
        if (count > MaxMined || interval > MaxSeconds / Math.Max(1, count))
        {
            throw RpcParameters.Invalid("blocks", $"more than {MaxMined} blocks or {MaxSeconds} seconds");
        }
        for (ulong i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (i > 0)
            {
                _chain.Clock.Advance(TimeSpan.FromSeconds(interval));
            }
            _chain.Mine();
        }
    }
}
