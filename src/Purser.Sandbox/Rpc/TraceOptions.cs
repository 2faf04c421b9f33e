using System.Text.Json;
using Purser.Sandbox.Rpc.Tracers;

namespace Purser.Sandbox.Rpc;

/// <summary>The options object of the <c>debug_trace…</c> methods, read strictly: unknown tracers are refused, unknown members of the object are passed over as geth does.</summary>
internal sealed class TraceOptions
{
    private readonly string? _tracer;
    private readonly StructLogOptions _structLog = new();
    private readonly bool _onlyTopCall;
    private readonly bool _withLog;
    private readonly bool _difference;
    private readonly bool _withCode = true;
    private readonly bool _withStorage = true;

    /// <summary>Reads them.</summary>
    /// <param name="element">The object, or undefined.</param>
    /// <param name="name">What it is called in refusals.</param>
    public TraceOptions(JsonElement element, string name)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return;
        }
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw RpcParameters.Invalid(name, "expected an object of trace options");
        }
        _structLog = new()
        {
            DisableStack = Flag(element, "disableStack", name),
            EnableMemory = Flag(element, "enableMemory", name),
            DisableStorage = Flag(element, "disableStorage", name),
            EnableReturnData = Flag(element, "enableReturnData", name),
            Limit = Member(element, "limit") is { ValueKind: not JsonValueKind.Undefined } limit ? RpcParameters.ReadNumber(limit, $"{name}.limit") : 0,
        };
        if (Member(element, "tracer") is { ValueKind: not JsonValueKind.Undefined } tracer)
        {
            _tracer = tracer.ValueKind == JsonValueKind.String ? tracer.GetString() : throw RpcParameters.Invalid($"{name}.tracer", "expected a string");
            if (_tracer is not ("" or "callTracer" or "prestateTracer" or "4byteTracer" or "noopTracer"))
            {
                throw RpcParameters.Invalid($"{name}.tracer", "this sandbox has callTracer, prestateTracer, 4byteTracer and noopTracer, and struct logs when none is named");
            }
        }
        var config = Member(element, "tracerConfig");
        if (config.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Object))
        {
            throw RpcParameters.Invalid($"{name}.tracerConfig", "expected an object");
        }
        (_onlyTopCall, _withLog, _difference) = (Flag(config, "onlyTopCall", name), Flag(config, "withLog", name), Flag(config, "diffMode", name));
        (_withCode, _withStorage) = (!Flag(config, "disableCode", name), !Flag(config, "disableStorage", name));
    }

    /// <summary>A tracer for one message.</summary>
    /// <param name="logs">Takes the struct logs, and bounds what the others keep; one for each message.</param>
    public ReportingTracer Create(TraceBuffer logs) => _tracer switch
    {
        "callTracer" => new CallTracer(_onlyTopCall, _withLog, logs),
        "prestateTracer" => new PrestateTracer(_difference, _withCode, _withStorage),
        "4byteTracer" => new FourByteTracer(),
        "noopTracer" => new NoopTracer(),
        _ => new StructLogTracer(_structLog, logs),
    };

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;

    private static bool Flag(JsonElement element, string member, string name) => Member(element, member).ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw RpcParameters.Invalid($"{name}.{member}", "expected true or false"),
    };
}
