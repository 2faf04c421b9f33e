using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.SignIn;
using Purser.Protocol.Tables.Messages;

namespace Purser.Agent.Tables;

/// <summary>
/// The agent's own copy of its limits, so that an agent that was misled stops at home and not only at the server (specs/signin-checklist.md G4). It counts
/// what this process staked; the server's count over all processes is the one that holds.
/// </summary>
/// <param name="permissions">The limits.</param>
public sealed class LocalLimits(LinkPermissions permissions)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _staked = new(StringComparer.Ordinal);

    /// <summary>The limits.</summary>
    public LinkPermissions Permissions => permissions;

    /// <summary>The limits that <c>authenticated</c> told; null when they cannot be read.</summary>
    public static LocalLimits? Of(GatewayMessage.Authenticated session)
    {
        ArgumentNullException.ThrowIfNull(session);
        var shape = JsonShape.Of(session.Permissions);
        var read = LinkPermissions.Read(shape);
        return shape.Ok ? new(read) : null;
    }

    /// <summary>How much may still be staked in a table's round; null for no limit.</summary>
    public long? Remaining(string tableId)
    {
        lock (_lock)
        {
            return permissions.MaxStakePerRound is { } most ? Math.Max(0, most - _staked.GetValueOrDefault(tableId)) : null;
        }
    }

    /// <summary>Counts an action's <c>amount</c>; null when it keeps to the limits, otherwise the code with which the server would refuse it, and nothing is counted.</summary>
    public string? TryStake(GatewayMessage.SubmitAction action)
    {
        ArgumentNullException.ThrowIfNull(action);
        if (permissions.AllowedGames is { } games && !games.Contains(action.Game, StringComparer.Ordinal))
        {
            return GatewayErrorCodes.GameNotAllowed;
        }

        if (!action.Payload.TryGetProperty("amount", out var member))
        {
            return null;
        }

        if (member.ValueKind is not JsonValueKind.Number || !member.TryGetInt64(out var amount) || amount is < 0 or > GatewayProtocol.MaxCredits)
        {
            return GatewayErrorCodes.InvalidAmount;
        }

        lock (_lock)
        {
            var staked = _staked.GetValueOrDefault(action.Table) + amount;
            if (staked > permissions.MaxStakePerRound)
            {
                return GatewayErrorCodes.StakeLimitExceeded;
            }

            _staked[action.Table] = staked;
            return null;
        }
    }

    /// <summary>Begins a table's next round.</summary>
    public void EndRound(string tableId)
    {
        lock (_lock)
        {
            _staked.Remove(tableId);
        }
    }
}
