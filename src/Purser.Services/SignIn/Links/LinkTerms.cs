using System.Text;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.SignIn;
using Purser.Storage;

namespace Purser.Services.SignIn.Links;

/// <summary>
/// What a link has allowed, allows and will allow: a numbered list of permissions, each with the instant from which it counts. Of those whose instant has come the last
/// in number holds. What loosens is written with an instant in the future; a later change takes it back as long as its instant has not come.
/// </summary>
internal static class LinkTerms
{
    /// <summary>How long terms are kept that no longer hold: longer than any round runs.</summary>
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(7);

    /// <summary>The terms of a link, in the order of their numbers.</summary>
    public static IReadOnlyList<Term> Of(IStoreReader reader, string linkId) =>
    [
        .. reader.Query<TermRow>("SELECT number AS Number, effective_ms AS EffectiveMs, permissions AS Permissions FROM agent_link_terms WHERE link_id = @linkId ORDER BY number", new { linkId })
            .Select(row => new Term(row.Number, row.EffectiveMs, Decode(row.Permissions))),
    ];

    /// <summary>What holds at an instant.</summary>
    public static LinkPermissions At(IReadOnlyList<Term> terms, long now) =>
        (terms.LastOrDefault(term => term.EffectiveMs <= now) ?? terms[0]).Permissions;

    /// <summary>What all terms allow that held at any time from <paramref name="since"/> to <paramref name="now"/>.</summary>
    public static LinkPermissions Throughout(IReadOnlyList<Term> terms, long since, long now)
    {
        // A term holds from its instant until that of the next one in number whose instant has come; the terms after it in number with an earlier instant do not exist, since a change takes waiting ones back.
        var all = At(terms, Math.Min(since, now));
        foreach (var term in terms.Where(term => term.EffectiveMs > since && term.EffectiveMs <= now))
        {
            all = LinkPermissionRules.Both(all, term.Permissions);
        }

        return all;
    }

    /// <summary>What waits, or null.</summary>
    public static PendingPermissions? Pending(IReadOnlyList<Term> terms, long now) =>
        terms.LastOrDefault(term => term.EffectiveMs > now) is { } term ? new(term.Permissions, DateTimeOffset.FromUnixTimeMilliseconds(term.EffectiveMs)) : null;

    /// <summary>
    /// Writes a change: what tightens counts from <paramref name="now"/>, the rest after the delay, and what waited is taken back. Called in a write that has locked the user.
    /// </summary>
    /// <returns>What holds now, and what waits.</returns>
    public static (LinkPermissions Now, PendingPermissions? Pending) Change(IStoreTransaction transaction, string linkId, LinkPermissions before, LinkPermissions after, long now, TimeSpan delay)
    {
        var terms = Of(transaction, linkId);
        transaction.Execute("DELETE FROM agent_link_terms WHERE link_id = @linkId AND effective_ms > @now", new { linkId, now });
        var number = terms.Count == 0 ? 0 : terms[^1].Number;
        var both = LinkPermissionRules.Both(before, after);
        var atOnce = delay == TimeSpan.Zero ? after : both;
        if (terms.Count == 0 || !atOnce.Equals(At(terms, now)))
        {
            Add(transaction, linkId, ++number, now, atOnce);
        }

        PendingPermissions? pending = null;
        if (!atOnce.Equals(after))
        {
            var then = now + (long)delay.TotalMilliseconds;
            Add(transaction, linkId, ++number, then, after);
            pending = new(after, DateTimeOffset.FromUnixTimeMilliseconds(then));
        }

        Forget(transaction, linkId, now);
        return (atOnce, pending);
    }

    /// <summary>How many terms were written for the last while.</summary>
    public static int CountSince(IReadOnlyList<Term> terms, long since) => terms.Count(term => term.EffectiveMs > since);

    private static void Add(IStoreTransaction transaction, string linkId, long number, long effective, LinkPermissions permissions) =>
        transaction.Execute("INSERT INTO agent_link_terms (link_id, number, effective_ms, permissions) VALUES (@linkId, @number, @effective, @permissions)",
            new { linkId, number, effective, permissions = Encode(permissions) });

    // What held before the term that already held at the bound can matter to no round that runs.
    private static void Forget(IStoreTransaction transaction, string linkId, long now)
    {
        var bound = now - (long)s_kept.TotalMilliseconds;
        transaction.Execute(
            "DELETE FROM agent_link_terms WHERE link_id = @linkId AND number < (SELECT COALESCE(MAX(number), 0) FROM agent_link_terms WHERE link_id = @linkId AND effective_ms <= @bound)", new { linkId, bound });
    }

    public static string Encode(LinkPermissions permissions) => Encoding.UTF8.GetString(PaymentHeader.Json(permissions.Write));

    public static LinkPermissions Decode(string text)
    {
        var shape = JsonShape.Parse(Encoding.UTF8.GetBytes(text));
        var permissions = LinkPermissions.Read(shape);
        return shape.Ok ? permissions : throw new InvalidOperationException("the store holds permissions that cannot be read: " + shape.Refusal);
    }

    /// <summary>One set of permissions and from when it counts.</summary>
    internal sealed record Term(long Number, long EffectiveMs, LinkPermissions Permissions);

    private sealed class TermRow
    {
        public long Number { get; init; }

        public long EffectiveMs { get; init; }

        public string Permissions { get; init; } = "";
    }
}
