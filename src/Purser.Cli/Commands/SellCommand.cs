using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Services.Payments.Proxy;
using Purser.Storage;

namespace Purser.Cli.Commands;

/// <summary><c>purser sell</c>: puts a price on any HTTP server, without changing it.</summary>
public static class SellCommand
{
    /// <summary>The longest <c>--drain</c>, in seconds.</summary>
    public const int MaxDrainSeconds = 3600;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliOutput output)
    {
        var upstream = new Option<string>("--upstream") { Description = "The server behind.", Required = true, HelpName = "URL" };
        var price = new Option<string?>("--price") { Description = "What each request costs, such as \"0.001 USDC\".", HelpName = "PRICE" };
        var routes = new Option<string?>("--routes") { Description = "Prices by path and method, in a file, instead of one price.", HelpName = "FILE" };
        var by = new Option<string?>("--by") { Description = $"How --price is paid: {PaidBys.Known} (default exact).", HelpName = "WAY" };
        var flow = new Option<string?>("--flow") { Description = "When --price is settled: authorization (after the upstream's reply, the default) or upfront (before it is asked).", HelpName = "FLOW" };
        var body = new Option<string?>("--challenge-body") { Description = $"What the body of a 402 is: {ChallengeBodies.Known} (default v1).", HelpName = "FORM" };
        var cors = new Option<string[]>("--cors") { Description = "An origin whose scripts may pay here (\"*\" for any); may be repeated.", HelpName = "ORIGIN" };
        var payTo = new Option<string>("--pay-to") { Description = "The account that gains.", Required = true, HelpName = "ADDRESS" };
        var description = new Option<string?>("--description") { Description = "What is paid for, for people." };
        var facilitator = new Option<string>("--facilitator") { Description = "Who settles (default http://127.0.0.1:4021).", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:4021" };
        var port = SharedFlags.Port(4020);
        var network = SharedFlags.Network();
        var rpc = SharedFlags.Rpc();
        var storeUrl = new Option<string?>("--store") { Description = "Where claims and replies are kept (default: the data folder).", HelpName = "URL" };
        var drain = new Option<int>("--drain") { Description = "How many seconds requests that are being served are waited for when it is stopped (default 20).", HelpName = "S", DefaultValueFactory = _ => 20 };
        return PurserCommand.Make(output, "sell", "A paid reverse proxy in front of any HTTP server.", [upstream, price, routes, by, flow, body, payTo, description, cors, facilitator, port, network, rpc, storeUrl, drain],
            async (context, token) =>
            {
                var parsed = context.Parsed;
                var behind = SharedFlags.ReadUrl("--upstream", parsed.GetValue(upstream)!);
                var settler = SharedFlags.ReadUrl("--facilitator", parsed.GetValue(facilitator)!);
                var table = ReadRoutes(parsed.GetValue(price), parsed.GetValue(routes), parsed.GetValue(by), parsed.GetValue(flow), parsed.GetValue(description));
                var form = ReadBody(parsed.GetValue(body));
                var payee = SharedFlags.ReadAddress("--pay-to", parsed.GetValue(payTo)!);
                ChainId? asked = parsed.GetValue(network) is { } text ? SharedFlags.ReadChain(text) : null;
                var reached = await SharedFlags.ReadRpcAsync(context, rpc, asked, token);
                await using var session = await DataSession.OpenAsync(context, reached, token);
                var chain = reached?.Chain ?? asked ?? FacilitatorCommand.OnlyNetwork(session);
                await using var own = parsed.GetValue(storeUrl) is { } url ? await Store.OpenAsync(StoreUrl.Parse(url), context.Clock, token) : null;
                var remote = new HttpFacilitator(CommandContext.Http, settler, new(), context.Clock);
                await RequireSupportAsync(remote, chain, settler, table.Routes.Where(route => route.Prices.Count > 0).Select(route => route.By.SchemeOf()).Distinct(), token);
                var builder = WebHosts.Create(parsed.GetValue(port));
                builder.Services.AddSingleton(own ?? session.Store);
                builder.Services.AddSingleton(context.Clock);
                builder.Services.AddSingleton(context.Random);
                builder.Services.AddSingleton<IFacilitator>(remote);
                void Configure(PaymentsOptions options)
                {
                    options.Network = chain;
                    options.PayTo = payee;
                    options.Registry = session.Registry;
                    options.Chain = session.Chains.GetValueOrDefault(chain);
                    options.ChallengeBody = form;
                    options.Cors = parsed.GetValue(cors) is { Length: > 0 } origins ? new() { Origins = origins } : null;
                }
                RequirePrices(table, Configure);
                builder.Services.AddPayments(Configure);
                using var http = new HttpMessageInvoker(PaidProxy.CreateHandler());
                var application = builder.Build();
                await using var host = new DrainedHost(application, TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(drain), 0, MaxDrainSeconds)));
                application.MapPaidProxy(new() { Upstream = behind, Routes = table }, http);
                await application.StartAsync(token);
                var at = WebHosts.UrlOf(application);
                context.Ready(new(new JsonObject
                {
                    ["url"] = at.AbsoluteUri,
                    ["upstream"] = behind.AbsoluteUri,
                    ["price"] = parsed.GetValue(price),
                    ["by"] = parsed.GetValue(price) is null ? null : table.Routes[0].By.ToText(),
                    ["routes"] = parsed.GetValue(price) is null ? table.Routes.Count : null,
                    ["payTo"] = payee.ToString(),
                    ["network"] = chain.ToString(),
                    ["facilitator"] = settler.AbsoluteUri,
                })
                {
                    Text = [$"shop         {at}", $"in front of  {behind}", $"price        {parsed.GetValue(price) ?? $"by {table.Routes.Count} routes"} to {payee}", $"network      {chain}", "Ctrl-C stops it."],
                });
                return await CommandContext.UntilStoppedAsync(token);
            });
    }

    private static RouteTable ReadRoutes(string? price, string? file, string? by, string? flow, string? description)
    {
        if (price is null == file is null)
        {
            throw new CliRefusalException(CliResult.Usage("price_missing", "Either --price or --routes is needed, and not both.", "Give one price for all, or a file with prices by path."));
        }
        if (price is not null)
        {
            // Letters count by case, as they do for an upstream of which nothing is known.
            return new([new("/**") { Prices = [price], By = ReadWay(by), Flow = ReadFlow(flow), Description = description }]) { CaseSensitive = true };
        }
        if (by is not null || flow is not null || description is not null)
        {
            throw new CliRefusalException(CliResult.Usage("flag_with_routes", "--by, --flow and --description go with --price.", "With --routes they stand in the table, route by route."));
        }
        if (!File.Exists(file!) || new FileInfo(file!).Length > RouteTableFile.MaxBytes)
        {
            throw new CliRefusalException(CliResult.Usage("routes_file_missing", $"There is no file '{SharedFlags.Shown(file!)}' of at most {RouteTableFile.MaxBytes} bytes.", "Give the path of a route table; docs/selling.md shows one."));
        }
        return RouteTableFile.Read(File.ReadAllBytes(file!), out var refusal)
            ?? throw new CliRefusalException(CliResult.Usage("routes_file_malformed", $"'{SharedFlags.Shown(file!)}' cannot be used: {refusal}", "Mend the member that is named; docs/selling.md shows a route table."));
    }

    private static PaidBy ReadWay(string? text) => PaidBys.FromText(text)
        ?? throw new CliRefusalException(CliResult.Usage("by_invalid", $"--by must be {PaidBys.Known}, got '{SharedFlags.Shown(text!)}'", "Leave it away for exact."));

    private static PaymentFlow ReadFlow(string? text) => PaymentFlows.FromWire(text) is { } flow and not PaymentFlow.Escrow
        ? flow
        : throw new CliRefusalException(CliResult.Usage("flow_invalid", $"--flow must be authorization or upfront, got '{SharedFlags.Shown(text!)}'", "Leave it away for authorization."));

    private static ChallengeBody ReadBody(string? text) => text is null ? ChallengeBody.Version1 : ChallengeBodies.FromText(text)
        ?? throw new CliRefusalException(CliResult.Usage("challenge_body_invalid", $"--challenge-body must be {ChallengeBodies.Known}, got '{SharedFlags.Shown(text)}'", "Leave it away for v1."));

    // So that a price that cannot be asked is told before anything is opened.
    private static void RequirePrices(RouteTable table, Action<PaymentsOptions> configure)
    {
        var options = new PaymentsOptions();
        configure(options);
        try
        {
            foreach (var route in table.Routes)
            {
                route.ToOffer(options);
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new CliRefusalException(CliResult.Usage("price_invalid", exception.Message, $"Write a number and the symbol of a token that is known on the network; add tokens to {NetworkFile.FileName}."));
        }
    }

    private static async Task RequireSupportAsync(HttpFacilitator facilitator, ChainId chain, Uri url, IEnumerable<string> schemes, CancellationToken cancellationToken)
    {
        try
        {
            var supported = await facilitator.GetSupportedAsync(cancellationToken);
            if (schemes.FirstOrDefault(scheme => !supported.Settles(scheme, chain.ToString())) is { } missing)
            {
                throw new CliRefusalException(CliResult.Failed("facilitator_unsupported", $"The facilitator at {url} does not settle '{missing}' on {chain}.", "Give another --facilitator, or another --network."));
            }
        }
        catch (FacilitatorException exception)
        {
            throw new CliRefusalException(new CliResult.Refused(ExitCode.Network, "facilitator_unreachable", exception.Message, "Start it with `purser facilitator`, or give its URL with --facilitator.") { Retryable = true });
        }
    }
}
