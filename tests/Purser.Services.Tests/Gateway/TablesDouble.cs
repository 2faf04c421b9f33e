using System.Collections.Concurrent;
using System.Text.Json;
using Purser.Services.Gateway;
using Purser.Services.SignIn;

namespace Purser.Services.Tests.Gateway;

/// <summary>Tables that note what the gateway asks of them and answer as a test wants.</summary>
internal sealed class TablesDouble : ITables
{
    public IReadOnlyList<string> Games { get; } = ["dice", "texas-holdem"];

    /// <summary>What came, as <c>act:message id</c>, <c>connected:session</c> and <c>dropped:session:seconds left</c>, in order.</summary>
    public ConcurrentQueue<string> Heard { get; } = new();

    public Func<AgentSession, TableAction, TableAnswer> Answer { get; set; } = (_, _) => TableAnswer.Accepted.Instance;

    public IReadOnlyList<TableSnapshot> Snapshots { get; set; } = [];

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public Task<AgentBalance> BalanceAsync(AgentSession session, CancellationToken cancellationToken = default) => Task.FromResult(new AgentBalance(900, 100));

    public Task<TableAnswer> ActAsync(AgentSession session, TableAction action, CancellationToken cancellationToken = default)
    {
        Heard.Enqueue($"act:{action.MessageId}");
        return Task.FromResult(Answer(session, action));
    }

    public Task<IReadOnlyList<TableSnapshot>> SnapshotsAsync(AgentSession session, CancellationToken cancellationToken = default) => Task.FromResult(Snapshots);

    public Task ConnectedAsync(AgentSession session, CancellationToken cancellationToken = default)
    {
        Heard.Enqueue($"connected:{session.Id}");
        return Task.CompletedTask;
    }

    public Task DroppedAsync(AgentSession session, DateTimeOffset until, CancellationToken cancellationToken = default)
    {
        Heard.Enqueue($"dropped:{session.Id}:{(until - Time.GetUtcNow()).TotalSeconds}");
        return Task.CompletedTask;
    }

    public static TableSnapshot Snapshot(string table) => new("dice", table, JsonElement.Parse("""{"round":"r1"}"""u8));
}
