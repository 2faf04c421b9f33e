// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Probe} from "../src/Probe.sol";
import {vm} from "../src/Vm.sol";

/// @notice What `forge script --broadcast` sends: a creation, a creation by the deterministic deployer, calls, and a payment.
contract Deploy {
    // forge looks for it to know a script from a contract.
    bool public constant IS_SCRIPT = true;

    function run() external returns (address made, address deterministic) {
        uint256 key = vm.deriveKey("test test test test test test test test test test test junk", 5);
        vm.startBroadcast(key);
        Probe probe = new Probe(11);
        Probe fixedPlace = new Probe{salt: bytes32(uint256(77))}(12);
        probe.store(3, 33);
        probe.several(3);
        fixedPlace.store{value: 1 ether}(4, 44);
        (bool ok,) = payable(address(probe)).call{value: 5}("");
        require(ok, "not paid");
        vm.stopBroadcast();
        return (address(probe), address(fixedPlace));
    }
}
