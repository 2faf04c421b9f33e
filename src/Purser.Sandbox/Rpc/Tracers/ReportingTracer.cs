using System.Text.Json;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Rpc.Tracers;

/// <summary>A tracer that writes what it saw of one transaction or call as the result of the <c>debug_</c> methods.</summary>
internal abstract class ReportingTracer : Tracer
{
    /// <summary>Writes one JSON value, after the message ran.</summary>
    /// <param name="writer">Takes it.</param>
    /// <param name="message">What ran.</param>
    /// <param name="result">What it came to.</param>
    /// <param name="state">The state that it ran on, with its changes.</param>
    public abstract void Write(Utf8JsonWriter writer, Message message, TransactionResult result, WorldState state);
}
