using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <summary><c>eth_feeHistory</c>: base fees, fill ratios and tips of a range of blocks.</summary>
internal static class FeeHistory
{
    private const ulong MaxBlocks = 1024;

    /// <summary>Writes the result.</summary>
    /// <param name="writer">Takes it.</param>
    /// <param name="view">The chain.</param>
    /// <param name="parameters">Count, newest block, percentiles.</param>
    /// <param name="newest">The newest block asked for.</param>
    public static void Write(Utf8JsonWriter writer, ChainView view, RpcParameters parameters, Block? newest)
    {
        if (newest is null)
        {
            throw new RpcException(RpcException.Refused, "request beyond head block");
        }
        var percentiles = ReadPercentiles(parameters[2]);
        var last = newest.Header.Number;
        var count = Math.Min(Math.Min(parameters.Number(0), MaxBlocks), last + 1 - view.First);
        var blocks = new List<Block>();
        for (var number = last + 1 - count; number <= last && count > 0; number++)
        {
            blocks.Add(view.Find(number)!);
        }
        writer.WriteStartObject();
        writer.WriteQuantity("oldestBlock", last + 1 - count);
        writer.WriteStartArray("baseFeePerGas");
        foreach (var block in blocks)
        {
            writer.WriteQuantity(block.Header.BaseFee);
        }
        if (count > 0)
        {
            writer.WriteQuantity(newest.Header.NextBaseFee());
        }
        writer.WriteEndArray();
        writer.WriteStartArray("gasUsedRatio");
        foreach (var block in blocks)
        {
            writer.WriteNumberValue((double)block.Header.GasUsed / block.Header.GasLimit);
        }
        writer.WriteEndArray();
        writer.WriteStartArray("baseFeePerBlobGas");
        for (ulong i = 0; i <= count && count > 0; i++)
        {
            writer.WriteQuantity(1UL);
        }
        writer.WriteEndArray();
        writer.WriteStartArray("blobGasUsedRatio");
        foreach (var _ in blocks)
        {
            writer.WriteNumberValue(0);
        }
        writer.WriteEndArray();
        if (percentiles.Count > 0)
        {
            writer.WriteStartArray("reward");
            foreach (var block in blocks)
            {
                WriteRewards(writer, block, percentiles);
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    // The tips at the percentiles of the block's gas, transactions in the order of their tips.
    private static void WriteRewards(Utf8JsonWriter writer, Block block, IReadOnlyList<double> percentiles)
    {
        var paid = block.Receipts.Select(r => (Tip: r.EffectiveGasPrice - block.Header.BaseFee, r.GasUsed)).OrderBy(p => p.Tip).ToArray();
        writer.WriteStartArray();
        foreach (var percentile in percentiles)
        {
            var threshold = (ulong)(block.Header.GasUsed * percentile / 100);
            ulong sum = 0;
            var tip = UInt256.Zero;
            foreach (var (given, gas) in paid)
            {
                tip = given;
                sum += gas;
                if (sum >= threshold)
                {
                    break;
                }
            }
            writer.WriteQuantity(tip);
        }
        writer.WriteEndArray();
    }

    private static IReadOnlyList<double> ReadPercentiles(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return [];
        }
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > 100)
        {
            throw RpcParameters.Invalid(RpcParameters.Name(2), "expected an array of at most 100 percentiles");
        }
        var percentiles = new List<double>();
        foreach (var item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || item.GetDouble() is not (>= 0 and <= 100) || (percentiles.Count > 0 && item.GetDouble() < percentiles[^1]))
            {
                throw RpcParameters.Invalid(RpcParameters.Name(2), "expected percentiles from 0 to 100 in ascending order");
            }
            percentiles.Add(item.GetDouble());
        }
        return percentiles;
    }
}
