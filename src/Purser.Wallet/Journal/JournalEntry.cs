using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Purser.Ethereum;

namespace Purser.Wallet.Journal;

/// <summary>One line of an account's journal.</summary>
/// <param name="Account">Whose journal; the zero address (<see cref="PaymentJournal.Operator"/>) for what concerns the wallet and no account of it.</param>
/// <param name="Sequence">1, 2, 3 … within the account, without a gap.</param>
/// <param name="At">When, by the wallet's clock.</param>
/// <param name="IntentId">Which intent; empty when it is none's.</param>
/// <param name="Event">What happened: the name of the state that was entered, or <c>rejected</c> for what a seller said; with a dot, such as <c>approval.requested</c> and <c>policy.tightened</c>, what is no arrow of a payment.</param>
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
public sealed record JournalHead(Address Account, long Sequence, Hash32 Mac)
{
    private const string Mark = "purser-journal-head-1";

    /// <summary>The one line in which a head is printed and kept: <c>purser-journal-head-1 ACCOUNT SEQUENCE MAC</c>, parted by single spaces.</summary>
    public string ToLine() => string.Create(CultureInfo.InvariantCulture, $"{Mark} {Account} {Sequence} {Mac}");

    /// <summary>Reads such a line; false for any other text. Spaces around it are passed over.</summary>
    public static bool TryParseLine(string? line, [NotNullWhen(true)] out JournalHead? head)
    {
        head = null;
        if (line is null || line.Length > 300 || line.Trim().Split(' ') is not [Mark, var account, var sequence, var mac])
        {
            return false;
        }

        if (!Address.TryParse(account, out var whose) || !Hash32.TryParse(mac, out var last) || sequence.Length == 0 || sequence[0] == '0' || !sequence.All(char.IsAsciiDigit)
            || !long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        head = new(whose, number, last);
        return true;
    }
}

/// <summary>One thing that is wrong with the journal, or with the tables that it accounts for.</summary>
/// <param name="Code">A stable code: <c>entry_altered</c>, <c>entry_missing</c>, <c>head_forged</c>, <c>head_missing</c>, <c>tail_cut</c>, <c>payment_differs</c>, <c>payment_unrecorded</c>, <c>total_differs</c>, <c>clock_differs</c>, <c>approval_forged</c>, <c>approver_secret_forged</c> or <c>policy_forged</c>.</param>
/// <param name="Account">Whose journal; the zero address when it is no account's.</param>
/// <param name="Sequence">The entry at fault; 0 when it is none.</param>
/// <param name="Message">What was found.</param>
public sealed record JournalFinding(string Code, Address Account, long Sequence, string Message);
