using Purser.Ethereum.Rpc;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Chain;

/// <summary>Finds logs; blocks whose bloom excludes the filter are passed over.</summary>
internal static class LogSearch
{
    /// <summary>The logs of a range of blocks that match, oldest first.</summary>
    public static IReadOnlyList<LogEntry> Find(ChainView view, ulong from, ulong to, LogFilter filter)
    {
        var found = new List<LogEntry>();
        for (var number = from; number <= to; number++)
        {
            if (view.Find(number) is { } block)
            {
                AddMatches(found, block, filter);
            }
            else
            {
                break;
            }
        }
        return found;
    }

    /// <summary>The logs of one block that match.</summary>
    public static void AddMatches(List<LogEntry> found, Block block, LogFilter filter)
    {
        if (block.Header.LogsBloom.AsSpan().IndexOfAnyExcept((byte)0) < 0)
        {
            return;
        }
        for (var i = 0; i < block.Receipts.Count; i++)
        {
            if (block.Receipts[i].Logs.Any(log => Matches(log, filter)))
            {
                found.AddRange(SandboxChain.LogsOf(block, i).Where((_, at) => Matches(block.Receipts[i].Logs[at], filter)));
            }
        }
    }

    private static bool Matches(Log log, LogFilter filter)
    {
        if (filter.Addresses.Count > 0 && !filter.Addresses.Contains(log.Address))
        {
            return false;
        }
        if (filter.Topics.Count > log.Topics.Length)
        {
            return false;
        }
        for (var i = 0; i < filter.Topics.Count; i++)
        {
            if (filter.Topics[i] is { Count: > 0 } accepted && !accepted.Contains(log.Topics[i]))
            {
                return false;
            }
        }
        return true;
    }
}
