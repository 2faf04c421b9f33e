namespace Purser.Agent.Tables;

/// <summary>How a client keeps its connection. Set once.</summary>
public sealed class GatewayClientOptions
{
    /// <summary>How long the server may take over <c>hello</c>, and over the answer to <c>authenticate</c>.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a session that is about to end is extended while the agent plays (specs/signin-checklist.md E3).</summary>
    public bool AutoExtend { get; set; } = true;

    /// <summary>An agent plays when its last action is no older than this.</summary>
    public TimeSpan ActiveWithin { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The pause before the first try to connect again; each further one doubles, with up to a quarter added by chance.</summary>
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>After so many tries in a row without a session the client gives up.</summary>
    public int MaxTries { get; set; } = 10;

    /// <summary>How many sign-ins in a row may lead to no session before the client gives up: a server that refuses its own tokens is not asked for ever.</summary>
    public int MaxSignIns { get; set; } = 3;
}
