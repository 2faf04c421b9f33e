using System.Globalization;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Rpc.Tracers;

/// <summary>Counts the selectors that were called, with the length of their arguments: geth's <c>4byteTracer</c>.</summary>
internal sealed class FourByteTracer : ReportingTracer
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override void Enter(in TracedMessage message)
    {
        if (message.Input.Length < 4 || message.Op is Opcode.Create or Opcode.Create2 || message.IsPrecompiled)
        {
            return;
        }
        var key = string.Create(CultureInfo.InvariantCulture, $"{Hex.Encode(message.Input[..4])}-{message.Input.Length - 4}");
        _counts[key] = _counts.GetValueOrDefault(key) + 1;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Message message, TransactionResult result, WorldState state)
    {
        writer.WriteStartObject();
        foreach (var (key, count) in _counts)
        {
            writer.WriteNumber(key, count);
        }
        writer.WriteEndObject();
    }
}

/// <summary>Sees nothing: geth's <c>noopTracer</c>.</summary>
internal sealed class NoopTracer : ReportingTracer
{
    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Message message, TransactionResult result, WorldState state)
    {
        writer.WriteStartObject();
        writer.WriteEndObject();
    }
}
