using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Proxy;

/// <summary>
/// A route table as a file that people write: JSON with comments. Read as strictly as a message: an unknown member is a mistake, because a price that is
/// spelt wrong would be no price.
/// </summary>
public static class RouteTableFile
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private static readonly HashSet<string> s_members = ["unmatched", "caseSensitive", "challengeBody", "routes"];
    private static readonly HashSet<string> s_routeMembers = ["path", "methods", "price", "prices", "free", "description", "payTo", "flow", "by", "challengeBody"];

    /// <summary>Reads a table; null when it cannot be used.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="refusal">What is wrong and where, when null is returned.</param>
    public static RouteTable? Read(ReadOnlySpan<byte> utf8, out JsonRefusal? refusal)
    {
        var shape = JsonShape.Parse(JsonComments.Blank(utf8), new JsonLimits(MaxBytes, MaxMembers: 1000));
        RefuseUnknown(shape, s_members);
        var unmatched = shape.OptionalString("unmatched", 20) ?? "refuse";
        if (unmatched is not ("refuse" or "free"))
        {
            shape.RefuseValue("unmatched", "Expected refuse or free");
        }

        var body = ReadBody(shape, null);
        var table = new RouteTable([.. shape.Objects("routes").Select(route => ReadRoute(route, body))])
        {
            Unmatched = unmatched == "free" ? UnmatchedRoute.Free : UnmatchedRoute.Refuse,
            CaseSensitive = shape.Has("caseSensitive") && shape.Boolean("caseSensitive"),
        };
        refusal = shape.Refusal ?? FindFault(table);
        return refusal is null ? table : null;
    }

    private static ProxyRoute ReadRoute(JsonShape route, ChallengeBody? body)
    {
        RefuseUnknown(route, s_routeMembers);
        var prices = route.OptionalStrings("prices").ToList();
        if (route.OptionalString("price", 80) is { } price)
        {
            prices.Insert(0, price);
        }

        // Free is said and never follows from a price that is missing.
        var free = route.Has("free") && route.Boolean("free");
        if (free == prices.Count > 0)
        {
            route.RefuseValue(free ? "free" : "price", "Expected either a price or \"free\": true");
        }

        var flow = PaymentFlows.FromWire(route.OptionalString("flow", 20));
        if (flow is null or PaymentFlow.Escrow)
        {
            route.RefuseValue("flow", "Expected authorization or upfront");
        }

        var by = PaidBys.FromText(route.OptionalString("by", 20));
        if (by is null || (free && route.Has("by")))
        {
            route.RefuseValue("by", free ? "A free route is not paid at all" : $"Expected {PaidBys.Known}");
        }
        else if (by is PaidBy.Upto && flow is PaymentFlow.Upfront)
        {
            route.RefuseValue("flow", "The scheme upto is settled after the work");
        }

        var payTo = route.Has("payTo") ? route.Value<Address>("payTo") : (Address?)null;
        if (payTo is { IsZero: true })
        {
            route.RefuseValue("payTo", "Money sent to the zero address is lost");
        }

        return new(route.String("path", 2048))
        {
            Methods = route.Has("methods") ? route.OptionalStrings("methods") : null,
            Prices = prices,
            Description = route.OptionalString("description"),
            PayTo = payTo,
            Flow = flow ?? PaymentFlow.Authorization,
            By = by ?? PaidBy.Exact,
            ChallengeBody = ReadBody(route, body),
        };
    }

    private static ChallengeBody? ReadBody(JsonShape shape, ChallengeBody? otherwise)
    {
        if (!shape.Has("challengeBody"))
        {
            return otherwise;
        }

        var body = ChallengeBodies.FromText(shape.OptionalString("challengeBody", 20));
        if (body is null)
        {
            shape.RefuseValue("challengeBody", $"Expected {ChallengeBodies.Known}");
        }

        return body;
    }

    private static void RefuseUnknown(JsonShape shape, HashSet<string> known)
    {
        if (shape.Ok)
        {
            foreach (var member in shape.Element.EnumerateObject().Where(member => !known.Contains(member.Name)))
            {
                shape.RefuseValue(UntrustedText.Clean(member.Name, 40), $"Not a member of this object; known are {string.Join(", ", known)}");
            }
        }
    }

    private static JsonRefusal? FindFault(RouteTable table)
    {
        try
        {
            _ = new RouteMatcher(table);
            return null;
        }
        catch (ArgumentException e)
        {
            return new(JsonRefusalCodes.BadValue, "$.routes", -1, e.Message);
        }
    }
}
