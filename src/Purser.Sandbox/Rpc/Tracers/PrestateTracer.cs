using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Rpc.Tracers;

/// <summary>Tells what the accounts that took part were before, or with a difference what changed: geth's <c>prestateTracer</c>.</summary>
/// <param name="difference">Tells changed accounts only, before and after.</param>
/// <param name="withCode">Tells their code.</param>
/// <param name="withStorage">Tells their slots.</param>
internal sealed class PrestateTracer(bool difference, bool withCode, bool withStorage) : ReportingTracer
{
    private readonly AccessTracer _accessed = new();

    /// <inheritdoc/>
    public override void Step(in TracedStep step) => _accessed.Step(step);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Message message, TransactionResult result, WorldState state)
    {
        var entries = state.Entries.OrderBy(entry => entry.Address).ToArray();
        writer.WriteStartObject();
        if (!difference)
        {
            foreach (var entry in entries)
            {
                WriteBefore(writer, entry, SlotsOf(entry));
            }
            writer.WriteEndObject();
            return;
        }
        var changed = entries.Where(HasChanged).ToArray();
        writer.WriteStartObject("pre"u8);
        foreach (var entry in changed.Where(entry => entry.Committed is not null))
        {
            WriteBefore(writer, entry, SlotsOf(entry).Where(slot => !Before(entry, slot).IsZero && Before(entry, slot) != After(entry, slot)));
        }
        writer.WriteEndObject();
        writer.WriteStartObject("post"u8);
        foreach (var entry in changed.Where(entry => !entry.IsEmpty))
        {
            WriteAfter(writer, entry);
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private IReadOnlyCollection<UInt256> SlotsOf(AccountEntry entry) => withStorage ? _accessed.SlotsOf(entry.Address) : [];

    private static UInt256 Before(AccountEntry entry, UInt256 slot) => entry.Committed?.ReadStorage(slot) ?? default;

    private static UInt256 After(AccountEntry entry, UInt256 slot) =>
        entry.Slots.TryGetValue(slot, out var known) ? known.Current : entry.StorageCleared ? default : Before(entry, slot);

    private bool HasChanged(AccountEntry entry)
    {
        var before = entry.Committed;
        return entry.Balance != (before?.Balance ?? default) || entry.Nonce != (before?.Nonce ?? 0) || entry.Code.Hash != (before?.Code ?? Code.Empty).Hash
            || _accessed.SlotsOf(entry.Address).Any(slot => Before(entry, slot) != After(entry, slot));
    }

    // Members that are 0 or empty are left out, but for the balance.
    private void WriteBefore(Utf8JsonWriter writer, AccountEntry entry, IEnumerable<UInt256> slots)
    {
        var before = entry.Committed;
        writer.WriteStartObject(entry.Address.ToLowerHex());
        writer.WriteQuantity("balance", before?.Balance ?? default);
        if (before is { Nonce: not 0 })
        {
            writer.WriteNumber("nonce"u8, before.Nonce);
        }
        if (withCode && before is { Code.Length: > 0 })
        {
            writer.WriteBytes("code", before.Code.Bytes);
        }
        WriteSlots(writer, slots, slot => Before(entry, slot));
        writer.WriteEndObject();
        writer.Flush();
    }

    // What is no longer as it was; a slot that became 0 is told by its absence.
    private void WriteAfter(Utf8JsonWriter writer, AccountEntry entry)
    {
        var before = entry.Committed;
        writer.WriteStartObject(entry.Address.ToLowerHex());
        if (entry.Balance != (before?.Balance ?? default))
        {
            writer.WriteQuantity("balance", entry.Balance);
        }
        if (entry.Nonce != (before?.Nonce ?? 0))
        {
            writer.WriteNumber("nonce"u8, entry.Nonce);
        }
        if (withCode && entry.Code.Hash != (before?.Code ?? Code.Empty).Hash)
        {
            writer.WriteBytes("code", entry.Code.Bytes);
        }
        WriteSlots(writer, SlotsOf(entry).Where(slot => !After(entry, slot).IsZero && Before(entry, slot) != After(entry, slot)), slot => After(entry, slot));
        writer.WriteEndObject();
        writer.Flush();
    }

    private static void WriteSlots(Utf8JsonWriter writer, IEnumerable<UInt256> slots, Func<UInt256, UInt256> value)
    {
        var isOpen = false;
        foreach (var slot in slots)
        {
            if (!isOpen)
            {
                writer.WriteStartObject("storage"u8);
                isOpen = true;
            }
            writer.WriteHash(Hash32.FromUInt256(slot).ToString(), Hash32.FromUInt256(value(slot)));
        }
        if (isOpen)
        {
            writer.WriteEndObject();
        }
    }
}
