using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Rpc.Tracers;

/// <summary>What a struct log leaves out or adds; the defaults are geth's.</summary>
internal sealed record StructLogOptions
{
    /// <summary>Leaves the stack out.</summary>
    public bool DisableStack { get; init; }

    /// <summary>Adds the memory, in words of 32 bytes.</summary>
    public bool EnableMemory { get; init; }

    /// <summary>Leaves out the slots that SLOAD and SSTORE touched.</summary>
    public bool DisableStorage { get; init; }

    /// <summary>Adds the data that the last call returned.</summary>
    public bool EnableReturnData { get; init; }

    /// <summary>Instructions at most; 0 for all. What follows runs untold.</summary>
    public ulong Limit { get; init; }
}

/// <summary>
/// Tells each instruction: the struct logs that <c>debug_traceTransaction</c> gives without a named tracer. Each is written as it happens
/// and stays open until the next event says what it cost: for a call that is, as in geth, with the gas that the callee was given.
/// </summary>
internal sealed class StructLogTracer(StructLogOptions options, TraceBuffer buffer) : ReportingTracer, IDisposable
{
    private readonly Dictionary<Address, SortedDictionary<UInt256, UInt256>> _storage = [];
    private readonly Utf8JsonWriter _logs = Open(buffer);
    private ulong _count;
    private long _gasBefore;
    private bool _isOpen;

    /// <inheritdoc/>
    public override void Step(in TracedStep step)
    {
        Close(step.Gas, null);
        if (options.Limit != 0 && _count >= options.Limit)
        {
            return;
        }
        _count++;
        _isOpen = true;
        _gasBefore = step.Gas;
        _logs.WriteStartObject();
        _logs.WriteNumber("pc"u8, step.Pc);
        _logs.WriteString("op"u8, OpcodeNames.Of(step.Op));
        _logs.WriteNumber("gas"u8, step.Gas);
        _logs.WriteNumber("depth"u8, step.Depth);
        _logs.WriteNumber("refund"u8, step.State.Refund);
        if (!options.DisableStack)
        {
            _logs.WriteStartArray("stack"u8);
            foreach (ref readonly var word in step.Stack)
            {
                _logs.WriteQuantity(word);
            }
            _logs.WriteEndArray();
        }
        if (options.EnableReturnData)
        {
            _logs.WriteBytes("returnData", step.ReturnData);
        }
        if (options.EnableMemory)
        {
            _logs.WriteStartArray("memory"u8);
            for (var at = 0; at < step.Memory.Length; at += 32)
            {
                _logs.WriteBytes(step.Memory.Slice(at, 32));
            }
            _logs.WriteEndArray();
        }
        if (!options.DisableStorage && step.Op is Opcode.SLoad or Opcode.SStore)
        {
            WriteStorage(step);
        }
        // Large members come in pieces, and what is pending is not counted by the buffer.
        if (_logs.BytesPending > 1 << 14)
        {
            _logs.Flush();
        }
    }

    /// <inheritdoc/>
    public override void Enter(in TracedMessage message) => Close(message.CallerGas, null);

    /// <inheritdoc/>
    public override void Ending(Halt halt, long gasLeft) =>
        Close(halt.Succeeded() || halt == Halt.Revert ? gasLeft : _gasBefore, halt.Succeeded() || halt == Halt.Revert ? null : halt.Describe());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Message message, TransactionResult result, WorldState state)
    {
        _logs.WriteEndArray();
        _logs.Flush();
        writer.WriteStartObject();
        writer.WriteNumber("gas"u8, result.GasUsed);
        writer.WriteBoolean("failed"u8, !result.Succeeded);
        writer.WriteBytes("returnValue", result.Output);
        writer.WritePropertyName("structLogs"u8);
        writer.WriteRawValue(buffer.Written, skipInputValidation: true);
        writer.WriteEndObject();
    }

    /// <inheritdoc/>
    public void Dispose() => _logs.Dispose();

    private static Utf8JsonWriter Open(TraceBuffer buffer)
    {
        var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartArray();
        return writer;
    }

    private void Close(long gasAfter, string? error)
    {
        if (!_isOpen)
        {
            return;
        }
        _isOpen = false;
        _logs.WriteNumber("gasCost"u8, _gasBefore - gasAfter);
        if (error is not null)
        {
            _logs.WriteString("error"u8, error);
        }
        _logs.WriteEndObject();
    }

    // All slots of the account that were touched so far, with what the last one is, or becomes by this instruction.
    private void WriteStorage(in TracedStep step)
    {
        var stack = step.Stack;
        if (stack.Length < (step.Op == Opcode.SStore ? 2 : 1))
        {
            return;
        }
        if (!_storage.TryGetValue(step.Self.Address, out var slots))
        {
            _storage.Add(step.Self.Address, slots = []);
        }
        slots[stack[^1]] = step.Op == Opcode.SStore ? stack[^2] : step.State.FindSlot(step.Self, stack[^1]).Current;
        _logs.WriteStartObject("storage"u8);
        foreach (var (slot, value) in slots)
        {
            _logs.WriteHash(Hash32.FromUInt256(slot).ToString(), Hash32.FromUInt256(value));
        }
        _logs.WriteEndObject();
    }
}
