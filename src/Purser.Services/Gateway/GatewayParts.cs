using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Services.SignIn;

namespace Purser.Services.Gateway;

/// <summary>What a connection needs of its host.</summary>
internal sealed record GatewayParts(
    GatewayOptions Options,
    IAgentSessions Sessions,
    IAgentLinks Links,
    ITables Tables,
    GatewaySessions Slots,
    ConnectionBook Book,
    GatewayTelemetry Telemetry,
    TimeProvider Time,
    IRandom Random,
    ILogger<GatewayDoor> Log);
