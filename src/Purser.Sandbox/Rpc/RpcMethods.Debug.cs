using System.Globalization;
using System.Text.Json;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc.Tracers;

namespace Purser.Sandbox.Rpc;

/// <content>Traces, in the shapes of geth's <c>debug_</c> methods.</content>
internal sealed partial class RpcMethods
{
    // Of one answer. A trace of a whole block's gas with memory can be a thousand times as large.
    private const int MaxTraceBytes = 64 << 20;

    // Each of 1,025 frames is an object in an array in an object.
    private static readonly JsonWriterOptions s_deep = new() { MaxDepth = 4096 };

    private void AddTraces(Dictionary<string, Method> methods)
    {
        methods.Add("debug_traceTransaction", TraceTransaction);
        methods.Add("debug_traceCall", TraceCall);
        methods.Add("debug_traceBlockByNumber", (p, w, c) => TraceBlock(FindBlock(Required(p, 0), RpcParameters.Name(0)), p, w, c));
        methods.Add("debug_traceBlockByHash", (p, w, c) => TraceBlock(_chain.View.Find(p.Hash(0)), p, w, c));
    }

    private void TraceTransaction(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var hash = parameters.Hash(0);
        var options = new TraceOptions(parameters[1], RpcParameters.Name(1));
        var view = _chain.View;
        if (!view.Transactions.TryGetValue(hash, out var place))
        {
            throw new RpcException(RpcException.Refused, "transaction not found");
        }
        Bounded(writer, trace =>
        {
            var logs = new TraceBuffer(MaxTraceBytes);
            _chain.Replay(view, view.Find(place.Block)!, place.Index, () => options.Create(logs), (_, tracer, traced) => Report(trace, tracer, traced), cancellation);
        });
    }

    private void TraceBlock(Block? block, RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var options = new TraceOptions(parameters[1], RpcParameters.Name(1));
        if (block is null)
        {
            throw new RpcException(RpcException.Refused, "block not found");
        }
        Bounded(writer, trace =>
        {
            trace.WriteStartArray();
            _chain.Replay(_chain.View, block, null, () => options.Create(new(MaxTraceBytes)), (index, tracer, traced) =>
            {
                trace.WriteStartObject();
                trace.WriteHash("txHash", block.Transactions[index].Hash);
                trace.WritePropertyName("result"u8);
                Report(trace, tracer, traced);
                trace.WriteEndObject();
                trace.Flush();
            }, cancellation);
            trace.WriteEndArray();
        });
    }

    private void TraceCall(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var message = ReadCall(Required(parameters, 0));
        var tag = ReadTag(parameters[1], RpcParameters.Name(1));
        var options = new TraceOptions(parameters[2], RpcParameters.Name(2));
        // geth has the overrides among the options.
        var overrides = parameters.Has(2)
            ? OverridesReader.Read(Member(parameters[2], "stateOverrides"u8), Member(parameters[2], "blockOverrides"u8)) : CallOverrides.None;
        Bounded(writer, trace =>
        {
            var tracer = options.Create(new(MaxTraceBytes));
            Report(trace, tracer, _chain.Trace(message, tag, overrides, tracer, cancellation));
        });
    }

    private static void Report(Utf8JsonWriter trace, ReportingTracer tracer, SandboxChain.Traced traced)
    {
        tracer.Write(trace, traced.Message, traced.Result, traced.State);
        (tracer as IDisposable)?.Dispose();
    }

    private static void Bounded(Utf8JsonWriter writer, Action<Utf8JsonWriter> write)
    {
        var buffer = new TraceBuffer(MaxTraceBytes);
        try
        {
            using (var trace = new Utf8JsonWriter(buffer, s_deep))
            {
                write(trace);
            }
            writer.WriteRawValue(buffer.Written, skipInputValidation: true);
        }
        catch (TraceTooLargeException e)
        {
            throw new RpcException(RpcException.Refused, string.Create(CultureInfo.InvariantCulture,
                $"the trace has more than {e.MaxBytes} bytes: leave out stack and memory, set a limit, or use callTracer with onlyTopCall"));
        }
    }
}
