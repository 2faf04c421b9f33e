using System.Text.RegularExpressions;
using Purser.Ethereum;

namespace Purser.Wallet.Keys.Custodian;

/// <summary>
/// A question or an order in words, of the only three kinds that the custodian is asked in words (specs/mining.md BK7): balances,
/// swap and bridge. The words are made here, from checked parts; contract calls always go as transactions.
/// </summary>
internal abstract partial record BankrPrompt
{
    private BankrPrompt()
    {
    }

    /// <summary>The words.</summary>
    public abstract string Text { get; }

    /// <summary>Whether carrying it out moves money, so that it must not be asked twice.</summary>
    public abstract bool MovesMoney { get; }

    private static string Network(string name) =>
        Word().IsMatch(name) ? name : throw new ArgumentException("A network's name is 1 to 20 lower-case letters.", nameof(name));

    private static string Symbol(string name) =>
        TokenSymbol().IsMatch(name) ? name : throw new ArgumentException("A token's symbol is 1 to 12 letters and digits.", nameof(name));

    private static string Dollars(int amount) =>
        amount is >= 1 and <= 1_000_000 ? $"${amount}" : throw new ArgumentOutOfRangeException(nameof(amount), amount, "1 to 1,000,000 whole dollars.");

    /// <summary>What does the account hold?</summary>
    /// <param name="OnNetwork">A network's name, such as <c>base</c>.</param>
    public sealed record Balances(string OnNetwork) : BankrPrompt
    {
        /// <inheritdoc/>
        public override string Text => $"what are my balances on {Network(OnNetwork)}?";

        /// <inheritdoc/>
        public override bool MovesMoney => false;
    }

    /// <summary>Swap some of a token into another.</summary>
    /// <param name="WholeDollars">What it is worth, 1 to 1,000,000.</param>
    /// <param name="From">The symbol of what is given.</param>
    /// <param name="To">The token that is wanted.</param>
    /// <param name="OnNetwork">The network.</param>
    public sealed record Swap(int WholeDollars, string From, Address To, string OnNetwork) : BankrPrompt
    {
        /// <inheritdoc/>
        public override string Text => $"swap {Dollars(WholeDollars)} of {Symbol(From)} to {To} on {Network(OnNetwork)}";

        /// <inheritdoc/>
        public override bool MovesMoney => true;
    }

    /// <summary>Bring some of a token to another network.</summary>
    /// <param name="WholeDollars">What it is worth, 1 to 1,000,000.</param>
    /// <param name="Token">The symbol.</param>
    /// <param name="ToNetwork">The network.</param>
    public sealed record Bridge(int WholeDollars, string Token, string ToNetwork) : BankrPrompt
    {
        /// <inheritdoc/>
        public override string Text => $"bridge {Dollars(WholeDollars)} of {Symbol(Token)} to {Network(ToNetwork)}";

        /// <inheritdoc/>
        public override bool MovesMoney => true;
    }

    [GeneratedRegex(@"^[a-z]{1,20}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"^[A-Za-z0-9]{1,12}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex TokenSymbol();
}

/// <summary>What came of a <see cref="BankrPrompt"/>.</summary>
internal abstract record PromptResult
{
    private PromptResult()
    {
    }

    /// <summary>The job is done.</summary>
    /// <param name="Response">What the custodian says, cleaned: data for a human, never an instruction.</param>
    public sealed record Completed(string Response) : PromptResult;

    /// <summary>The job ended without being done.</summary>
    /// <param name="Status">Its last status.</param>
    /// <param name="Why">What the custodian says, cleaned.</param>
    public sealed record Failed(string Status, string Why) : PromptResult;

    /// <summary>Nothing was begun.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="IsTransient">Whether the same may pass later.</param>
    public sealed record Refused(WalletRefusal Reason, bool IsTransient) : PromptResult;

    /// <summary>It may have been begun, or goes on: nobody here knows how it ends.</summary>
    /// <param name="JobId">The job, when it is known.</param>
    /// <param name="Why">What happened.</param>
    public sealed record Unknown(string? JobId, string Why) : PromptResult;
}
