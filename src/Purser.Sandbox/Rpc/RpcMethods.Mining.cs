using System.Text.Json;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <content>Time travel and mining by hand or at an interval.</content>
internal sealed partial class RpcMethods
{
    private const ulong MaxMined = 100_000;

    // Longer jumps than this from one call are a mistake, and would pass the last instant that a clock has.
    private const ulong MaxSeconds = 100UL * 366 * 24 * 3600;

    private void AddTime(Dictionary<string, Method> methods)
    {
        Cheat(methods, "increaseTime", IncreaseTime);
        Cheat(methods, "setNextBlockTimestamp", (p, w, _) =>
        {
            SetNextTimestamp(p.Number(0), RpcParameters.Name(0));
            w.WriteNullValue();
        });
        Cheat(methods, "setTime", SetTime);
        Cheat(methods, "setBlockTimestampInterval", (p, w, _) =>
        {
            var seconds = p.Number(0);
            _chain.SetTimestampInterval(seconds <= MaxSeconds ? seconds : throw RpcParameters.Invalid(RpcParameters.Name(0), $"more than {MaxSeconds} seconds"));
            w.WriteNullValue();
        });
        Cheat(methods, "removeBlockTimestampInterval", (_, w, _) =>
        {
            var had = _chain.View.Settings.TimestampInterval is not null;
            _chain.SetTimestampInterval(null);
            w.WriteBooleanValue(had);
        });
        Cheat(methods, "getGenesisTime", (_, w, _) => w.WriteNumberValue(_chain.View.Blocks[0].Header.Timestamp));
    }

    private void AddMining(Dictionary<string, Method> methods)
    {
        methods.Add("evm_mine", MineOne);
        methods.Add("anvil_mine", MineSome);
        methods.Add("hardhat_mine", MineSome);
        Cheat(methods, "mine_detailed", MineDetailed);
        Cheat(methods, "getAutomine", (_, w, _) => w.WriteBooleanValue(_chain.Automine));
        Cheat(methods, "setAutomine", (p, w, _) =>
        {
            var on = p.Flag(0, true);
            if (on)
            {
                _chain.BlockInterval = null;
            }
            _chain.Automine = on;
            w.WriteNullValue();
        });
        Cheat(methods, "getIntervalMining", (_, w, _) =>
        {
            if (_chain.BlockInterval is { } interval)
            {
                w.WriteNumberValue((ulong)interval.TotalSeconds);
            }
            else
            {
                w.WriteNullValue();
            }
        });
        Cheat(methods, "setIntervalMining", SetIntervalMining);
    }

    // In seconds; 0 ends it. Either way transactions are no longer mined as they come.
    private void SetIntervalMining(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var seconds = parameters.Number(0);
        if (seconds > 24 * 3600)
        {
            throw RpcParameters.Invalid(RpcParameters.Name(0), "more than a day (it is in seconds)");
        }
        _chain.Automine = false;
        _chain.BlockInterval = seconds == 0 ? null : TimeSpan.FromSeconds(seconds);
        writer.WriteNullValue();
    }

    private void IncreaseTime(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var seconds = parameters.Number(0);
        if (seconds > MaxSeconds)
        {
            throw RpcParameters.Invalid(RpcParameters.Name(0), $"more than {MaxSeconds} seconds");
        }
        // The jump is a cheat, not the passing of time that a forgotten filter expires by.
        Advance(seconds, RpcParameters.Name(0));
        _filters.Renew();
        writer.WriteNumberValue(seconds);
    }

    private void SetTime(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var given = parameters.Number(0);
        // Some tools give milliseconds, as JavaScript's clocks do; as seconds they would lie after the year 3000.
        var seconds = given > 32_503_680_000 ? given / 1000 : given;
        var before = _chain.Clock.UnixSeconds;
        if (seconds > before + MaxSeconds || !_chain.TrySetTime(seconds))
        {
            throw OutOfTime(seconds, RpcParameters.Name(0));
        }
        _filters.Renew();
        writer.WriteNumberValue(seconds > before ? seconds - before : 0);
    }

    private void SetNextTimestamp(ulong timestamp, string name)
    {
        if (timestamp > _chain.Clock.UnixSeconds + MaxSeconds || !_chain.TrySetNextBlockTimestamp(timestamp))
        {
            throw OutOfTime(timestamp, name);
        }
        _filters.Renew();
    }

    private RpcException OutOfTime(ulong timestamp, string name)
    {
        var newest = _chain.View.Head.Header.Timestamp;
        return timestamp < newest
            ? new(RpcException.InvalidParams, $"Timestamp error: {timestamp} is lower than previous block's timestamp ({newest})")
            : RpcParameters.Invalid(name, $"{timestamp} is more than {MaxSeconds} seconds from now");
    }

    private void Advance(ulong seconds, string name)
    {
        if (!_chain.TryAdvance(seconds))
        {
            throw RpcParameters.Invalid(name, "the clock cannot go beyond the year 9998");
        }
    }

    // Nothing, a time, or an object with timestamp and blocks.
    private ulong ReadMine(RpcParameters parameters)
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
            SetNextTimestamp(RpcParameters.ReadNumber(given, "timestamp"), "timestamp");
        }
        return count;
    }

    private void MineOne(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        Mine(ReadMine(parameters), 0, cancellation);
        writer.WriteStringValue("0x0"u8);
    }

    private void MineDetailed(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var mined = Mine(ReadMine(parameters), 0, cancellation);
        writer.WriteStartArray();
        foreach (var block in mined)
        {
            writer.WriteBlock(block, whole: true);
        }
        writer.WriteEndArray();
    }

    private void MineSome(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        Mine(parameters.Has(0) ? parameters.Number(0) : 1, parameters.Has(1) ? parameters.Number(1) : 0, cancellation);
        writer.WriteNullValue();
    }

    private List<Block> Mine(ulong count, ulong interval, CancellationToken cancellation)
    {
        if (count > MaxMined || interval > MaxSeconds / Math.Max(1, count))
        {
            throw RpcParameters.Invalid("blocks", $"more than {MaxMined} blocks or {MaxSeconds} seconds");
        }
        var mined = new List<Block>();
        for (ulong i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (i > 0)
            {
                Advance(interval, "interval");
            }
            var number = _chain.Mine();
            if (_chain.View.Find(number) is { } block)
            {
                mined.Add(block);
            }
        }
        if (interval > 0)
        {
            _filters.Renew();
        }
        return mined;
    }
}
