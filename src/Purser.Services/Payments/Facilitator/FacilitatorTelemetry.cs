using System.Diagnostics.Metrics;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Facilitator;

/// <summary>What a facilitator counts: meter <c>Purser.Facilitator</c>.</summary>
public sealed class FacilitatorTelemetry : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "Purser.Facilitator";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _verifications;
    private readonly Counter<long> _settlements;
    private readonly Counter<long> _gas;

    /// <summary>Makes the instruments.</summary>
    public FacilitatorTelemetry()
    {
        _verifications = _meter.CreateCounter<long>("purser.facilitator.verifications", "{payment}", "Payments verified, by outcome");
        _settlements = _meter.CreateCounter<long>("purser.facilitator.settlements", "{payment}", "Settlements asked for, by outcome");
        _gas = _meter.CreateCounter<long>("purser.facilitator.gas", "{gas}", "Gas that settlements used, by network");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    // The outcome is one of a closed set, never a stranger's text.
    internal void Verified(VerifyResponse answer, string network) => _verifications.Add(1, Tags(answer.IsValid ? "valid" : Outcome(answer.InvalidReason), network));

    internal void Settled(SettleResponse answer, string network) => _settlements.Add(1, Tags(answer.Success ? "settled" : Outcome(answer.ErrorReason), network));

    internal void Failed(string network) => _settlements.Add(1, Tags("fault", network));

    internal void Used(TransactionReceipt receipt, string network) => _gas.Add(checked((long)receipt.GasUsed), new KeyValuePair<string, object?>("network", network));

    private static string Outcome(string? reason) => PaymentReasons.FromWire(reason).ToWire();

    private static ReadOnlySpan<KeyValuePair<string, object?>> Tags(string outcome, string network) => new KeyValuePair<string, object?>[] { new("outcome", outcome), new("network", network) };
}
