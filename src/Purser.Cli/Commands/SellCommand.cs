using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
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
        var cors = new Option<string[]>("--cors") { Description = "An origin whose scripts may pay here (\"*\" for any); may be repeated.", HelpName = "ORIGIN" };
        var payTo = new Option<string>("--pay-to") { Description = "The account that gains.", Required = true, HelpName = "ADDRESS" };
        var description = new Option<string?>("--description") { Description = "What is paid for, for people." };
        var facilitator = new Option<string>("--facilitator") { Description = "Who settles (default http://127.0.0.1:4021).", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:4021" };
        var port = SharedFlags.Port(4020);
        var network = SharedFlags.Network();
        var rpc = SharedFlags.Rpc();
        var storeUrl = new Option<string?>("--store") { Description = "Where claims and replies are kept (default: the data folder).", HelpName = "URL" };
        var drain = new Option<int>("--drain") { Description = "How many seconds requests that are being served are waited for when it is stopped (default 20).", HelpName = "S", DefaultValueFactory = _ => 20 };
        return PurserCommand.Make(output, "sell", "A paid reverse proxy in front of any HTTP server.", [upstream, price, routes, payTo, description, cors, facilitator, port, network, rpc, storeUrl, drain],
            async (context, token) =>
            {
                var parsed = context.Parsed;
                var behind = SharedFlags.ReadUrl("--upstream", parsed.GetValue(upstream)!);
                var settler = SharedFlags.ReadUrl("--facilitator", parsed.GetValue(facilitator)!);
                var table = ReadRoutes(parsed.GetValue(price), parsed.GetValue(routes));
                var payee = SharedFlags.ReadAddress("--pay-to", parsed.GetValue(payTo)!);
                ChainId? asked = parsed.GetValue(network) is { } text ? SharedFlags.ReadChain(text) : null;
                var reached = await SharedFlags.ReadRpcAsync(context, rpc, asked, token);
                await using var session = await DataSession.OpenAsync(context, reached, token);
                var chain = reached?.Chain ?? asked ?? FacilitatorCommand.OnlyNetwork(session);
                await using var own = parsed.GetValue(storeUrl) is { } url ? await Store.OpenAsync(StoreUrl.Parse(url), context.Clock, token) : null;
                var remote = new HttpFacilitator(CommandContext.Http, settler, new(), context.Clock);
                await RequireSupportAsync(remote, chain, settler, token);
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
                    options.Cors = parsed.GetValue(cors) is { Length: > 0 } origins ? new() { Origins = origins } : null;
                }
                RequirePrices(table?.Routes.Select(route => route.Prices).Where(prices => prices.Count > 0) ?? [[parsed.GetValue(price)!]], Configure);
                builder.Services.AddPayments(Configure);
                using var http = new HttpMessageInvoker(PaidProxy.CreateHandler());
                var application = builder.Build();
                await using var host = new DrainedHost(application, TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(drain), 0, MaxDrainSeconds)));
                application.MapPaidProxy(new() { Upstream = behind, Price = parsed.GetValue(price), Routes = table, Description = parsed.GetValue(description) }, http);
                await application.StartAsync(token);
                var at = WebHosts.UrlOf(application);
                context.Ready(new(new JsonObject
                {
                    ["url"] = at.AbsoluteUri,
                    ["upstream"] = behind.AbsoluteUri,
                    ["price"] = parsed.GetValue(price),
                    ["routes"] = table?.Routes.Count,
                    ["payTo"] = payee.ToString(),
                    ["network"] = chain.ToString(),
                    ["facilitator"] = settler.AbsoluteUri,
                })
                {
                    Text = [$"shop         {at}", $"in front of  {behind}", $"price        {parsed.GetValue(price) ?? $"by {table!.Routes.Count} routes"} to {payee}", $"network      {chain}", "Ctrl-C stops it."],
                });
                return await CommandContext.UntilStoppedAsync(token);
            });
    }

    private static RouteTable? ReadRoutes(string? price, string? file)
    {
        if (price is null == file is null)
        {
            throw new CliRefusalException(CliResult.Usage("price_missing", "Either --price or --routes is needed, and not both.", "Give one price for all, or a file with prices by path."));
        }
        if (file is null)
        {
            return null;
        }
        if (!File.Exists(file) || new FileInfo(file).Length > RouteTableFile.MaxBytes)
        {
            throw new CliRefusalException(CliResult.Usage("routes_file_missing", $"There is no file '{SharedFlags.Shown(file)}' of at most {RouteTableFile.MaxBytes} bytes.", "Give the path of a route table; docs/selling.md shows one."));
        }
        return RouteTableFile.Read(File.ReadAllBytes(file), out var refusal)
            ?? throw new CliRefusalException(CliResult.Usage("routes_file_malformed", $"'{SharedFlags.Shown(file)}' cannot be used: {refusal}", "Mend the member that is named; docs/selling.md shows a route table."));
    }

    // So that a price that cannot be asked is told before anything is opened.
    private static void RequirePrices(IEnumerable<IReadOnlyList<string>> prices, Action<PaymentsOptions> configure)
    {
        var options = new PaymentsOptions();
        configure(options);
        try
        {
            foreach (var offered in prices)
            {
                PaidOffer.Exact(offered, options);
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new CliRefusalException(CliResult.Usage("price_invalid", exception.Message, $"Write a number and the symbol of a token that is known on the network; add tokens to {NetworkFile.FileName}."));
        }
    }

    private static async Task RequireSupportAsync(HttpFacilitator facilitator, ChainId chain, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            var supported = await facilitator.GetSupportedAsync(cancellationToken);
            if (!supported.Supports("exact", chain.ToString()))
            {
                throw new CliRefusalException(CliResult.Failed("facilitator_unsupported", $"The facilitator at {url} does not settle 'exact' on {chain}.", "Give another --facilitator, or another --network."));
            }
        }
        catch (FacilitatorException exception)
        {
            throw new CliRefusalException(new CliResult.Refused(ExitCode.Network, "facilitator_unreachable", exception.Message, "Start it with `purser facilitator`, or give its URL with --facilitator.") { Retryable = true });
        }
    }
}
