using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Purser.Services.Payments;

/// <summary>Metrics and traces of payments, for OpenTelemetry: meter and activity source <c>Purser.Payments</c>.</summary>
public sealed class PaymentTelemetry : IDisposable
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Purser.Payments";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _requests;

    /// <summary>Makes the instruments.</summary>
    public PaymentTelemetry()
    {
        _requests = _meter.CreateCounter<long>("purser.payments.requests", "{request}", "Requests to paid endpoints, by outcome");
        Source = new ActivitySource(Name);
    }

    internal ActivitySource Source { get; }

    /// <summary>Counts a request by what came of it: <c>unpaid</c>, <c>malformed</c>, <c>declined</c>, <c>refused</c>, <c>settled</c>, <c>replayed</c>, <c>not_charged</c>, <c>unknown</c>, <c>unavailable</c>, <c>limited</c>.</summary>
    internal void Count(string outcome) => _requests.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <inheritdoc/>
    public void Dispose()
    {
        _meter.Dispose();
        Source.Dispose();
    }
}
