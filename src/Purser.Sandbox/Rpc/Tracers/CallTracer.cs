using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Rpc.Tracers;

/// <summary>Tells the calls and creations as a tree: geth's <c>callTracer</c>.</summary>
/// <param name="onlyTopCall">Leaves out the calls below the first.</param>
/// <param name="withLog">Adds the logs of the frames that succeeded.</param>
/// <param name="buffer">Bounds what is kept.</param>
internal sealed class CallTracer(bool onlyTopCall, bool withLog, TraceBuffer buffer) : ReportingTracer
{
    // What a frame or log costs beside its data, about.
    private const int Overhead = 256;

    private readonly Stack<Call> _open = new();
    private Call? _first;
    private int _depth;
    private ulong _logs;

    private sealed class Call
    {
        public required byte Op { get; init; }

        public required Address From { get; init; }

        public required Address To { get; init; }

        public required byte[] Input { get; init; }

        public required UInt256 Value { get; init; }

        public required long Gas { get; init; }

        public long GasUsed { get; set; }

        public byte[] Output { get; set; } = [];

        public Halt Halt { get; set; }

        public List<Call> Calls { get; } = [];

        public List<(Log Log, int Position, ulong Index)> Logs { get; } = [];
    }

    /// <inheritdoc/>
    public override void Enter(in TracedMessage message)
    {
        if (++_depth > 1 && onlyTopCall)
        {
            return;
        }
        buffer.Note((2L * message.Input.Length) + Overhead);
        Open(new() { Op = message.Op, From = message.From, To = message.To, Input = message.Input.ToArray(), Value = message.Value, Gas = message.Gas });
    }

    /// <inheritdoc/>
    public override void Exit(Halt halt, ReadOnlySpan<byte> output, long gasLeft)
    {
        if (--_depth > 0 && onlyTopCall)
        {
            return;
        }
        var call = _open.Pop();
        call.Halt = halt;
        call.GasUsed = call.Gas - gasLeft;
        if (halt.Succeeded() || halt == Halt.Revert)
        {
            buffer.Note(2L * output.Length);
            call.Output = output.ToArray();
        }
        if (!halt.Succeeded())
        {
            ForgetLogs(call);
        }
    }

    /// <inheritdoc/>
    public override void SelfDestruct(in Address contract, in Address beneficiary, in UInt256 balance)
    {
        if (_depth > 0 && onlyTopCall)
        {
            return;
        }
        buffer.Note(Overhead);
        Open(new() { Op = Opcode.SelfDestruct, From = contract, To = beneficiary, Input = [], Value = balance, Gas = 0 });
        _open.Pop();
    }

    /// <inheritdoc/>
    public override void Logged(Log log)
    {
        if (withLog && !(_depth > 1 && onlyTopCall))
        {
            buffer.Note((2L * log.Data.Length) + Overhead);
            _open.Peek().Logs.Add((log, _open.Peek().Calls.Count, _logs++));
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Message message, TransactionResult result, WorldState state) =>
        // The first frame's gas is the transaction's: with what is due before the first instruction.
        WriteCall(writer, _first!, message.GasLimit, result.GasUsed);

    private void Open(Call call)
    {
        if (_open.TryPeek(out var above))
        {
            above.Calls.Add(call);
        }
        _first ??= call;
        _open.Push(call);
    }

    // What a reverted frame and those below it logged never happened.
    private static void ForgetLogs(Call call)
    {
        call.Logs.Clear();
        foreach (var below in call.Calls)
        {
            ForgetLogs(below);
        }
    }

    private static void WriteCall(Utf8JsonWriter writer, Call call, ulong gas, ulong gasUsed)
    {
        var failed = call.Halt is not Halt.None && !call.Halt.Succeeded();
        var creates = call.Op is Opcode.Create or Opcode.Create2;
        writer.WriteStartObject();
        writer.WriteString("type"u8, OpcodeNames.Of(call.Op));
        writer.WriteAddress("from", call.From);
        if (!(failed && creates))
        {
            writer.WriteAddress("to", call.To);
        }
        writer.WriteQuantity("gas", gas);
        writer.WriteQuantity("gasUsed", gasUsed);
        writer.WriteBytes("input", call.Input);
        if (call.Output.Length > 0)
        {
            writer.WriteBytes("output", call.Output);
        }
        if (failed)
        {
            writer.WriteString("error"u8, call.Halt.Describe());
            WriteReason(writer, call);
        }
        if (call.Calls.Count > 0)
        {
            writer.WriteStartArray("calls"u8);
            foreach (var below in call.Calls)
            {
                WriteCall(writer, below, (ulong)below.Gas, (ulong)below.GasUsed);
            }
            writer.WriteEndArray();
        }
        if (call.Logs.Count > 0)
        {
            WriteLogs(writer, call);
        }
        if (call.Op != Opcode.StaticCall)
        {
            writer.WriteQuantity("value", call.Value);
        }
        writer.WriteEndObject();
    }

    private static void WriteReason(Utf8JsonWriter writer, Call call)
    {
        if (call.Halt == Halt.Revert && RevertReason.Decode(call.Output) is { } reason and (RevertReason.Message or RevertReason.Panic))
        {
            writer.WriteString("revertReason"u8, reason is RevertReason.Message message ? message.Text : reason.ToString());
        }
    }

    private static void WriteLogs(Utf8JsonWriter writer, Call call)
    {
        writer.WriteStartArray("logs"u8);
        foreach (var (log, position, index) in call.Logs)
        {
            writer.WriteStartObject();
            writer.WriteAddress("address", log.Address);
            writer.WriteStartArray("topics"u8);
            foreach (var topic in log.Topics)
            {
                writer.WriteHash(topic);
            }
            writer.WriteEndArray();
            writer.WriteBytes("data", log.Data);
            writer.WriteQuantity("position", (ulong)position);
            writer.WriteQuantity("index", index);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
