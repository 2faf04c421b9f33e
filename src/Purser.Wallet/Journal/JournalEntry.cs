using Purser.Ethereum;

namespace Purser.Wallet.Journal;

/// <summary>One line of an account's journal.</summary>
/// <param name="Account">Whose journal.</param>
/// <param name="Sequence">1, 2, 3 … within the account, without a gap.</param>
/// <param name="At">When, by the wallet's clock.</param>
/// <param name="IntentId">Which payment.</param>
/// <param name="Event">What happened: the name of the state that was entered, or <c>rejected</c> for what a seller said.</param>
/// <param name="Body">The particulars, a JSON object in UTF-8. It holds no secret.</param>
/// <param name="Mac">The keyed MAC over this entry and the one before it, 32 bytes.</param>
public sealed record JournalEntry(Address Account, long Sequence, DateTimeOffset At, string IntentId, string Event, ReadOnlyMemory<byte> Body, Hash32 Mac);

/// <summary>
/// Where an account's journal ends. Written down outside the data folder, it lets <see cref="PaymentJournal.VerifyAsync"/> find that the journal
/// was cut or put back.
/// </summary>
/// <param name="Account">Whose journal.</param>
/// <param name="Sequence">The last entry's number.</param>
/// <param name="Mac">The last entry's MAC.</param>
public sealed record JournalHead(Address Account, long Sequence, Hash32 Mac);

/// <summary>One thing that is wrong with the journal, or with the tables that it accounts for.</summary>
/// <param name="Code">A stable code: <c>entry_altered</c>, <c>entry_missing</c>, <c>head_forged</c>, <c>head_missing</c>, <c>tail_cut</c>, <c>payment_differs</c>, <c>payment_unrecorded</c> or <c>total_differs</c>.</param>
/// <param name="Account">Whose journal; the zero address when it is no account's.</param>
/// <param name="Sequence">The entry at fault; 0 when it is none.</param>
/// <param name="Message">What was found.</param>
public sealed record JournalFinding(string Code, Address Account, long Sequence, string Message);
