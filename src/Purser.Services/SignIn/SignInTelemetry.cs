using System.Diagnostics.Metrics;

namespace Purser.Services.SignIn;

/// <summary>Metrics of signing in, for OpenTelemetry: meter <c>Purser.SignIn</c>.</summary>
public sealed class SignInTelemetry : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "Purser.SignIn";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _challenges;
    private readonly Counter<long> _verifications;

    /// <summary>Makes the instruments.</summary>
    public SignInTelemetry()
    {
        _challenges = _meter.CreateCounter<long>("purser.signin.challenges", "{challenge}", "Challenges asked for, by outcome");
        _verifications = _meter.CreateCounter<long>("purser.signin.verifications", "{verification}", "Signatures handed in, by outcome");
    }

    /// <summary>Counts a challenge by what came of it: <c>issued</c>, <c>refused</c> or <c>limited</c>.</summary>
    internal void Challenge(string outcome) => _challenges.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Counts a verification by what came of it: <c>granted</c>, <c>malformed</c>, <c>limited</c>, or the code of the refusal.</summary>
    internal void Verification(string outcome) => _verifications.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
