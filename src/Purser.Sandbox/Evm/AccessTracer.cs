using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>Notes which accounts and storage slots the instructions name, whether or not the frame that named them reverts later.</summary>
internal sealed class AccessTracer : Tracer
{
    private readonly SortedDictionary<Address, SortedSet<UInt256>> _accessed = [];

    /// <summary>The slots of an account that were named, in ascending order.</summary>
    public IReadOnlyCollection<UInt256> SlotsOf(in Address account) => _accessed.TryGetValue(account, out var slots) ? slots : [];

    /// <inheritdoc/>
    public override void Step(in TracedStep step)
    {
        var stack = step.Stack;
        switch (step.Op)
        {
            case Opcode.SLoad or Opcode.SStore when stack.Length >= 1:
                Add(step.Self.Address).Add(stack[^1]);
                break;
            case Opcode.Balance or Opcode.ExtCodeSize or Opcode.ExtCodeCopy or Opcode.ExtCodeHash or Opcode.SelfDestruct when stack.Length >= 1:
                Add(AddressIn(stack[^1]));
                break;
            case Opcode.Call or Opcode.CallCode or Opcode.DelegateCall or Opcode.StaticCall when stack.Length >= 5:
                Add(AddressIn(stack[^2]));
                break;
        }
    }

    /// <summary>Adds what was declared.</summary>
    public void Add(IReadOnlyList<AccessListEntry> declared)
    {
        foreach (var entry in declared)
        {
            Add(entry.Address).UnionWith(entry.StorageKeys.Select(key => key.ToUInt256()));
        }
    }

    /// <summary>The access list of what was noted, in ascending order: without accounts that are warm anyway, but for those with slots.</summary>
    public IReadOnlyList<AccessListEntry> ToAccessList(Address from, Address to, ForkRules rules) =>
    [
        .. _accessed
            .Where(pair => pair.Value.Count > 0 || (pair.Key != from && pair.Key != to && rules.FindPrecompile(pair.Key) == 0))
            .Select(pair => new AccessListEntry(pair.Key, [.. pair.Value.Select(slot => Hash32.FromUInt256(slot))])),
    ];

    private static Address AddressIn(in UInt256 word) => new(Hash32.FromUInt256(word).Bytes[12..]);

    private SortedSet<UInt256> Add(in Address account)
    {
        if (!_accessed.TryGetValue(account, out var slots))
        {
            _accessed.Add(account, slots = []);
        }
        return slots;
    }
}
